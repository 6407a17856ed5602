"""An embedded fleet on loopback: real SSH, the real collector, scratch trees of good, bad and odd Tomcats."""

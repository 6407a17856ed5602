"""The keywords of ssh_config(5): those that are honoured, and the rest, which is known and has no effect here."""

from __future__ import annotations

HONOURED = frozenset({
    "hostname", "port", "user", "identityfile", "certificatefile", "proxyjump", "proxycommand", "hostkeyalias",
    "identitiesonly", "identityagent",
})  # fmt: skip
WHOLE_LINE = frozenset({"proxyjump", "proxycommand"})  # the argument is the rest of the line as it stands
KNOWN = HONOURED | frozenset({
    "addkeystoagent", "addressfamily", "batchmode", "bindaddress", "bindinterface", "canonicaldomains",
    "canonicalizefallbacklocal", "canonicalizehostname", "canonicalizemaxdots", "canonicalizepermittedcnames",
    "casignaturealgorithms", "challengeresponseauthentication", "channeltimeout", "checkhostip", "cipher", "ciphers",
    "clearallforwardings", "compression", "compressionlevel", "connectionattempts", "connecttimeout", "controlmaster",
    "controlpath", "controlpersist", "dsaauthentication", "dynamicforward", "enableescapecommandline",
    "enablesshkeysign", "escapechar", "exitonforwardfailure", "fallbacktorsh", "fingerprinthash",
    "forkafterauthentication", "forwardagent", "forwardx11", "forwardx11timeout", "forwardx11trusted", "gatewayports",
    "globalknownhostsfile", "gssapiauthentication", "gssapiclientidentity", "gssapidelegatecredentials",
    "gssapikexalgorithms", "gssapikeyexchange", "gssapirenewalforcesrekey", "gssapiserveridentity", "gssapitrustdns",
    "hashknownhosts", "hostbasedacceptedalgorithms", "hostbasedauthentication", "hostbasedkeytypes",
    "hostkeyalgorithms", "ignoreunknown", "ipqos", "kbdinteractiveauthentication", "kbdinteractivedevices",
    "kexalgorithms", "knownhostscommand", "localcommand", "localforward", "loglevel", "logverbose", "macs",
    "nohostauthenticationforlocalhost", "numberofpasswordprompts", "obscurekeystroketiming", "passwordauthentication",
    "permitlocalcommand", "permitremoteopen", "pkcs11provider", "preferredauthentications", "protocol",
    "proxyusefdpass", "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes", "pubkeyauthentication",
    "refuseconnection", "rekeylimit", "remotecommand", "remoteforward", "requesttty", "requiredrsasize",
    "revokedhostkeys", "rhostsrsaauthentication", "rsaauthentication", "securitykeyprovider", "sendenv",
    "serveralivecountmax", "serveraliveinterval", "sessiontype", "setenv", "skeyauthentication", "smartcarddevice",
    "stdinnull", "streamlocalbindmask", "streamlocalbindunlink", "stricthostkeychecking", "syslogfacility", "tag",
    "tcpkeepalive", "tunnel", "tunneldevice", "updatehostkeys", "useblacklistedkeys", "usekeychain",
    "useprivilegedport", "userknownhostsfile", "useroaming", "usersh", "verifyhostkeydns", "versionaddendum",
    "visualhostkey", "warnweakcrypto", "xauthlocation",
})  # fmt: skip


def no_effect(keyword: str, value: str) -> str:
    """Return what to say of a keyword that has no effect here."""
    lowered, argument = keyword.lower(), value.strip().strip("\"'").lower()
    if lowered == "stricthostkeychecking" and argument in {"no", "off", "accept-new"}:
        return f"{keyword} {argument} has no effect here: host keys are always checked, and unknown ones are refused"
    if lowered in {"userknownhostsfile", "globalknownhostsfile"}:
        return f"{keyword} has no effect here: host keys are always checked, against --known-hosts"
    return f"{keyword} has no effect here"

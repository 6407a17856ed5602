# tomcat-fleet collector for POSIX systems. It reads; it creates, changes and removes nothing.
# It arrives on the standard input of "sh -s"; lines before it set TF_NONCE, TF_MODE, TF_BASES and others.
# Everything is a function: a script that is cut on its way runs nothing. No here-documents, for several shells
# keep those in files. Frames are written with echo, a builtin everywhere, so that the nonce never shows in ps.

tf_frame() { echo; echo "@$TF_NONCE $*"; }
tf_open() { tf_n=$((tf_n + 1)); tf_frame "$tf_n $*"; }
tf_shut() { tf_frame "$tf_n ."; }
tf_void() { tf_open "$1" "$2"; printf '%s\000%s\000\000end' "$3" "$4" | tf_encode; tf_shut; }
tf_last() { printf '\000end'; } # what every payload ends with, so that one that was cut on its way is told
tf_has() { command -v "$1" >/dev/null 2>&1; }

tf_encode() {
  case $tf_encoding in
    base64) base64 2>/dev/null ;;
    openssl) openssl base64 2>/dev/null ;;
    *) od -An -v -tx1 ;;
  esac
}

tf_tools() {
  if [ -n "$(printf x | base64 2>/dev/null)" ]; then tf_encoding=base64
  elif [ -n "$(printf x | openssl base64 2>/dev/null)" ]; then tf_encoding=openssl
  else tf_encoding=hex; fi
  case $(stat -c '//%F:%a:%u' / 2>/dev/null) in
    //directory:*[0-7]:0) tf_stat=gnu ;;
    *) case $(stat -f '//%HT:%OMp%03OLp:%u' / 2>/dev/null) in
         //Directory:*:0) tf_stat=bsd ;;
         *) if [ "$(perl -e 'print 7' 2>/dev/null)" = 7 ]; then tf_stat=perl; else tf_stat=ls; fi ;;
       esac ;;
  esac
  tf_plain '\0307\0321' # a shell that loses such bytes (yash) would have ls look at other names
  [ "$(printf %s "$tf_p" | od -An -tx1 | tr -d ' \n')" = c7d1 ] || tf_list='exit 1'
  tf_acl=ls
  case $(ls --help 2>&1) in *[Bb]usy[Bb]ox* | *[Tt]oybox*) tf_acl=; tf_has getfacl && tf_acl=getfacl ;; esac # they show no +
  tf_timeout=
  if timeout 5 true 2>/dev/null; then tf_timeout="timeout ${TF_SECONDS:-60}"; fi
  tf_python= # RHEL 8 and later always have the second one
  for tf_x in python3 /usr/libexec/platform-python; do tf_has $tf_x && { tf_python=$tf_x; break; }; done
  tf_zip=
  if unzip 2>&1 | grep Info-ZIP >/dev/null 2>&1; then tf_zip=unzip # busybox has another one, without exit status 11
  elif [ -n "$tf_python" ]; then tf_zip=python3
  elif tf_has bsdtar; then tf_zip=bsdtar
  elif busybox unzip 2>&1 | grep '[-]p' >/dev/null 2>&1; then tf_zip=busybox; fi
  tf_packages=
  for tf_x in dpkg-query rpm apk; do tf_has $tf_x && tf_packages="$tf_packages $tf_x"; done
}

# Rows: //TYPE:OCTAL MODE:UID:GID:SIZE:MTIME:USER:GROUP:PATH. No path holds "//" after a line feed, so that a file name
# cannot forge a row. Without stat and perl the row is //ls: and a line of ls.
tf_gnu='//%F:%a:%u:%g:%s:%Y:%U:%G:%n'
tf_bsd='//%HT:%OMp%03OLp:%u:%g:%z:%m:%Su:%Sg:%N'
tf_perl='$l=shift;for(@ARGV){@s=$l?stat($_):lstat($_);if(!@s){$r=1;next}$t=$s[2]&0170000;printf "//%s:%o:%d:%d:%d:%d:%s:%s:%s\n",$t==0100000?"regular file":$t==0040000?"directory":$t==0120000?"symbolic link":"other",$s[2]&07777,@s[4,5,7,9],scalar getpwuid($s[4])//"",scalar getgrgid($s[5])//"",$_}exit $r'
tf_list='r=0; for f; do printf "//ls:"; ls -ldn -- "$f" || r=1; done; exit $r'

tf_row() { # FOLLOW PATH
  case $tf_stat$1 in
    gnu0) stat -c "$tf_gnu" -- "$2" ;;
    gnu1) stat -L -c "$tf_gnu" -- "$2" ;;
    bsd0) stat -f "$tf_bsd" -- "$2" ;;
    bsd1) stat -L -f "$tf_bsd" -- "$2" ;;
    perl*) perl -e "$tf_perl" "$1" "$2" ;;
    ls0) printf '//ls:'; ls -ldn -- "$2" ;;
    ls1) printf '//ls:'; ls -ldnL -- "$2" ;;
  esac 2>/dev/null
}

tf_find() { # FIND-EXPRESSION: rows of what it selects below the current directory, then //rc:
  case $tf_stat in
    gnu) $tf_timeout find . "$@" -exec stat -c "$tf_gnu" -- {} + ;;
    bsd) $tf_timeout find . "$@" -exec stat -f "$tf_bsd" -- {} + ;;
    perl) $tf_timeout find . "$@" -exec perl -e "$tf_perl" 0 {} + ;;
    *) $tf_timeout find . "$@" -exec sh -c "$tf_list" sh {} + ;;
  esac 2>/dev/null
  printf '//rc:%s\n' "$?"
}

tf_mark() { # PATH: + when it has an ACL, ? when nothing here can tell
  case $tf_acl in
    ls) ls -ldnL -- "$1" 2>/dev/null | awk 'NR == 1 { print substr($1, 11, 1) }' ;;
    getfacl) getfacl -ps -- "$1" 2>/dev/null | awk '/^# file:/ { n = 1 } END { print n ? "+" : "" }' ;;
    *) echo '?' ;;
  esac
}

# Lines of ls that show an ACL in the current directory, their number ("?": cannot be told) and //rc:. With -q no name
# can add a line.
tf_marks() { # CAP OPTIONS FIND-EXPRESSION
  tf_cap=$1; tf_w=$2; shift 2
  { case $tf_acl in
      ls) $tf_timeout ls "$tf_w" . ;;
      getfacl) $tf_timeout find . ! -type l "$@" -exec getfacl -ps -- {} + ;;
    esac 2>/dev/null; echo "//rc:$?"
  } | awk -v cap="$tf_cap" -v how="$tf_acl" '
    /^\/\/rc:/ { print; next }
    how == "ls" && substr($1, 11, 1) == "+" { n++; if (n <= cap) print }
    how == "getfacl" && /^# file:/ { n++ }
    END { print "//acls:" (how == "" ? "?" : n + 0) }'
}

# tf_gone PATH: true when its absence is certain: the nearest existing ancestor may be searched.
tf_gone() {
  tf_up=$1
  if [ -e "$1" ] || [ -h "$1" ]; then return 1; fi
  while :; do
    case $tf_up in /*/*) tf_up=${tf_up%/*} ;; /*) tf_up=/ ;; *) return 1 ;; esac
    if [ -h "$tf_up" ] && [ ! -e "$tf_up" ]; then return 1; fi
    if [ -d "$tf_up" ]; then [ -x "$tf_up" ]; return; fi
    if [ -e "$tf_up" ]; then return 0; fi
    [ "$tf_up" = / ] && return 1
  done
}

tf_aim() { # LINK: where it points, by its own words
  { readlink -- "$1" || perl -e 'print readlink $ARGV[0],"\n"' "$1"; } 2>/dev/null && return
  tf_w=$(ls -ldn -- "$1" 2>/dev/null; echo .); tf_w=${tf_w%??}
  case $tf_w in *" $1 -> "*) printf '%s\n' "${tf_w#*" $1 -> "}" ;; esac
}

tf_follow() { # LINK: the path of what is no link any more
  tf_way=$1
  for tf_x in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -h "$tf_way" ] || break
    tf_w=$(tf_aim "$tf_way"; echo .); tf_w=${tf_w%??}
    case $tf_w in '') return ;; /*) tf_way=$tf_w ;; *) tf_way=${tf_way%/*}/$tf_w ;; esac
  done
  [ -h "$tf_way" ] || tf_real "$tf_way"
}

tf_real() { # PATH that is no link
  tf_leaf=${1##*/}
  case $tf_leaf in '' | . | ..) return ;; esac
  CDPATH= cd -P -- "${1%/*}/" 2>/dev/null || return
  tf_w=$(pwd -P; echo .); tf_w=${tf_w%??}
  printf '%s/%s\n' "${tf_w%/}" "$tf_leaf"
}

tf_resolve() { # PATH -> tf_r: real path, empty when it cannot be told
  tf_r=
  if [ -d "$1" ] && [ -x "$1" ]; then
    tf_r=$(CDPATH= cd -P -- "$1" 2>/dev/null && { pwd -P; echo .; })
  elif [ -h "$1" ]; then
    tf_r=$({ readlink -f -- "$1" || realpath -- "$1" || perl -MCwd -e 'print Cwd::realpath($ARGV[0]),"\n"' "$1" || tf_follow "$1"; } 2>/dev/null; echo .)
  else
    tf_r=$(tf_real "$1"; echo .)
  fi
  case $tf_r in /*) tf_r=${tf_r%??} ;; *) tf_r= ;; esac
}

# tf_trusted PATH: may root follow it? Every link on the way belongs to root or to the owner of what it leads to, or
# everybody may read that; otherwise whoever owns the link could have another account's file read for him.
tf_owner() { ls -ldn$2 -- "$1" 2>/dev/null | awk 'NR == 1 { print $3 }'; }
tf_trusted() {
  [ "$TF_MODE" = raised ] || [ "$tf_uid" = 0 ] || return 0
  tf_way=; tf_rest=${1#/}; tf_links=
  while [ -n "$tf_rest" ]; do
    tf_way=$tf_way/${tf_rest%%/*}
    case $tf_rest in */*) tf_rest=${tf_rest#*/} ;; *) tf_rest= ;; esac
    [ -h "$tf_way" ] || continue
    tf_o=$(tf_owner "$tf_way" '')
    [ "$tf_o" = 0 ] || { [ -n "$tf_o" ] && [ "$tf_o" = "$(tf_owner "$1" L)" ]; } || { tf_public "$1"; return; }
    tf_links=$tf_links.; case $tf_links in ????????????????????????????????????????*) [ ! -e "$1" ]; return ;; esac # a circle
    tf_w=$(tf_aim "$tf_way"; echo .); tf_w=${tf_w%??}
    case $tf_w in '') return 1 ;; /*) tf_way= ;; *) tf_way=${tf_way%/*} ;; esac
    tf_w=${tf_w#/}; tf_rest=$tf_w${tf_rest:+/$tf_rest}
  done
}

tf_public() { # PATH: may everybody read what it leads to?
  tf_resolve "$1"
  [ -n "$tf_r" ] && [ -e "$tf_r" ] || return 1
  tf_way=$tf_r; tf_wish='r*'; [ -d "$tf_r" ] && tf_wish='r?[xt]'
  while [ -n "$tf_way" ]; do
    case $(ls -ldn -- "$tf_way" 2>/dev/null | awk 'NR == 1 { print substr($1, 8, 3) }') in $tf_wish) ;; *) return 1 ;; esac
    tf_way=${tf_way%/*}; tf_wish='??[xt]'
  done
}

tf_refused() { # VERB PATH DETAIL: answers for what cannot be read; true when it did
  if tf_gone "$2"; then tf_void "$1" absent "$2" "$3"; return 0; fi
  if ! tf_trusted "$2"; then tf_void "$1" unsafe "$2" "$3"; return 0; fi
  return 1
}

tf_unfit() { # VERB PATH DETAIL: the answer for what is not of the kind that is read, as far as can be seen
  if [ -e "$2" ]; then tf_void "$1" notfile "$2" "$3"; else tf_void "$1" denied "$2" "$3"; fi
}

tf_status() { # PATH
  tf_refused status "$1" '' && return
  if [ ! -e "$1" ] && [ ! -h "$1" ]; then tf_void status denied "$1" ''; return; fi
  tf_resolve "$1"
  tf_open status ok
  { printf '%s\000\000%s\000' "$1" "$tf_r"
    if [ -h "$1" ]; then tf_aim "$1"; fi
    printf '\000'
    tf_row 1 "$1"
    printf '\000'
    tf_mark "$1"
    tf_last
  } | tf_encode
  tf_shut
}

tf_content() { # PATH
  tf_refused content "$1" '' && return
  if [ ! -f "$1" ]; then tf_unfit content "$1" ''; return; fi
  tf_resolve "$1"
  case $tf_r in
    /proc/* | /sys/* | /dev/*) tf_void content notfile "$1" ''; return ;;
  esac
  if [ ! -r "$1" ]; then tf_void content denied "$1" ''; return; fi
  tf_open content ok
  { printf '%s\000\000' "$1"; $tf_timeout dd bs=65536 count=65 <"$1" 2>/dev/null; printf '\000%s' "$?"; tf_last; } | tf_encode
  tf_shut
}

tf_directory() { # PATH: names and rows of the entries
  tf_refused listing "$1" '' && return
  if [ ! -d "$1" ]; then tf_unfit listing "$1" ''; return; fi
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then tf_void listing denied "$1" ''; return; fi
  tf_resolve "$1"
  tf_open listing ok
  { printf '%s\000\000%s\000' "$1" "$tf_r"
    (CDPATH= cd -P -- "$1" && tf_find ! -name . -prune | awk '/^\/\/rc:/ { print; next } /^\/\// { n++ } n <= 5000 { print } END { print "//total:" n + 0 }'
     printf '\000'
     tf_marks 200 -lanq ! -name . -prune)
    tf_last
  } | tf_encode
  tf_shut
}

tf_limit() { # KIND -> tf_type, tf_mask: searched type and allowed mode
  tf_type=f
  case $1 in
    source-files) tf_mask=0644 ;;
    log-files) tf_mask=0640 ;;
    config-files) tf_mask=0700 ;;
    script-files) tf_mask=0755 ;;
    directories-744) tf_mask=0744; tf_type=d ;;
    directories-740) tf_mask=0740; tf_type=d ;;
    *) return 1 ;;
  esac
}

# Reads rows; keeps those with a bit outside the mask, samples of other owners and links, and counts everything.
tf_sift='
function outside(mode, mask,   i, m, l) {
  mode = substr("0000" mode, length(mode) + 1)
  for (i = 1; i <= 4; i++) {
    m = substr(mode, i, 1) + 0; l = substr(mask, i, 1) + 0
    if (int(m / 4) > int(l / 4) || int(m / 2) % 2 > int(l / 2) % 2 || m % 2 > l % 2) return 1
  }
  return 0
}
function octal(s,   i, c, v, sp) {
  sp = 0; v = ""
  for (i = 2; i <= 8; i += 3) {
    c = (substr(s, i, 1) == "r") * 4 + (substr(s, i + 1, 1) == "w") * 2 + (substr(s, i + 2, 1) ~ /[xst]/)
    if (substr(s, i + 2, 1) ~ /[sS]/) sp += (i == 2) * 4 + (i == 5) * 2
    if (substr(s, i + 2, 1) ~ /[tT]/) sp += 1
    v = v c
  }
  return sp v
}
BEGIN { FS = ":" }
/^\/\/rc:/ { print; next }
/^\/\// {
  keep = 0
  if ($1 == "//ls") { split($2, w, " "); kind = substr(w[1], 1, 1); mode = octal(w[1]); uid = w[3] }
  else { kind = $1 ~ /ymbolic/ ? "l" : "-"; mode = $2; uid = $3 }
  if (kind == "l") { l++; if (l <= 200) { keep = 1; print "//link"; } }
  else {
    n++; owners[uid]++
    if (outside(mode, mask)) { x++; modes[mode]++; if (x <= 200) { keep = 1; print "//excess" } }
    if (index(uids, " " uid " ") == 0) { if (!keep) { f++; if (f <= 40) { keep = 1; print "//foreign" } } }
  }
}
keep { print }
END {
  for (u in owners) print "//owner:" u ":" owners[u]
  for (m in modes) print "//mode:" m ":" modes[m]
  print "//total:" n + 0; print "//excesses:" x + 0; print "//links:" l + 0
}'

tf_search() { # PATH KIND
  tf_limit "$2" || return
  tf_refused search "$1" "$2" && return
  if [ ! -d "$1" ]; then tf_unfit search "$1" "$2"; return; fi
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then tf_void search denied "$1" "$2"; return; fi
  tf_resolve "$1"
  tf_open search ok
  { printf '%s\000%s\000%s\000' "$1" "$2" "$tf_r"
    (CDPATH= cd -P -- "$1" && tf_find ! -name . \( -type "$tf_type" -o -type l \) | awk -v mask="$tf_mask" -v uids=" 0 $tf_uids " "$tf_sift"
     printf '\000'
     tf_marks 40 -lanqR)
    tf_last
  } | tf_encode
  tf_shut
}

tf_unpack() { # ARCHIVE MEMBER: its bytes; status 0 found, 3 no such member
  case $tf_zip in
    unzip)
      unzip -p "$1" "$2" 2>/dev/null
      case $? in 0) return 0 ;; 11) return 3 ;; *) return 1 ;; esac ;;
    python3)
      ${tf_python:-python3} -I -S -c 'import sys, zipfile
try:
    with zipfile.ZipFile(sys.argv[1]) as z, z.open(sys.argv[2]) as m: sys.stdout.buffer.write(m.read(4259840))
except KeyError: sys.exit(3)' "$1" "$2" 2>/dev/null ;;
    bsdtar)
      bsdtar -tf "$1" >/dev/null 2>&1 || return 1
      bsdtar -tf "$1" 2>/dev/null | grep -xF -- "$2" >/dev/null || return 3
      bsdtar -xOf "$1" "$2" 2>/dev/null ;;
    busybox)
      busybox unzip -l "$1" >/dev/null 2>&1 || return 1
      busybox unzip -l "$1" 2>/dev/null | tf_name=" $2" awk '{ m = ENVIRON["tf_name"] } length($0) >= length(m) && substr($0, length($0) - length(m) + 1) == m { f = 1 } END { exit !f }' || return 3
      busybox unzip -p "$1" "$2" 2>/dev/null ;;
  esac
}

tf_member() { # PATH MEMBER
  tf_refused member "$1" "$2" && return
  if [ ! -f "$1" ]; then tf_unfit member "$1" "$2"; return; fi
  if [ ! -r "$1" ]; then tf_void member denied "$1" "$2"; return; fi
  if [ -z "$tf_zip" ]; then tf_void member notool "$1" "$2"; return; fi
  tf_open member ok
  { printf '%s\000%s\000' "$1" "$2"; { tf_unpack "$1" "$2"; printf '\000%s' "$?"; } | dd bs=512 count=8320 2>/dev/null; tf_last; } | tf_encode
  tf_shut
}

# Jars inside a packed application: python3 reads them in memory, any other tool would have to write them somewhere.
tf_inside='import base64, io, sys, zipfile
w = sys.stdout.buffer.write
with zipfile.ZipFile(sys.argv[1]) as z:
    for i in z.infolist():
        n = i.filename
        if not n.startswith("WEB-INF/lib/") or n.count("/") > 2 or not n.lower().endswith(".jar"): continue
        if i.file_size > 1 << 26: sys.exit(4)
        try:
            with zipfile.ZipFile(io.BytesIO(z.read(i))) as j, j.open("META-INF/web-fragment.xml") as f: d = f.read(1 << 22)
        except KeyError: continue
        w(n.encode("utf-8", "surrogateescape") + b"\0" + base64.b64encode(d) + b"\0")'

tf_names() { # ARCHIVE: whatever tells the names of its entries
  case $tf_zip in
    unzip) unzip -l "$1" ;;
    bsdtar) bsdtar -tf "$1" ;;
    busybox) busybox unzip -l "$1" ;;
    *) return 1 ;;
  esac 2>/dev/null
}

tf_fragments() { # ARCHIVE
  tf_refused fragments "$1" '' && return
  if [ ! -f "$1" ]; then tf_unfit fragments "$1" ''; return; fi
  if [ ! -r "$1" ]; then tf_void fragments denied "$1" ''; return; fi
  tf_x=0
  if [ -z "$tf_python" ]; then
    tf_w=$(tf_names "$1") || { tf_void fragments notool "$1" ''; return; }
    case $tf_w in *WEB-INF/lib/*.[jJ][aA][rR]*) tf_void fragments notool "$1" ''; return ;; esac
    tf_x=1
  fi
  tf_open fragments ok
  { printf '%s\000\000' "$1"
    { if [ $tf_x = 0 ]; then $tf_timeout "$tf_python" -I -S -c "$tf_inside" "$1" 2>/dev/null; fi; printf '\000%s' "$?"; } | dd bs=512 count=8320 2>/dev/null
    tf_last
  } | tf_encode
  tf_shut
}

# Manager, name and version of the package that owns a file; nothing when it is known that none does, "?" when nobody
# could say. rpm says "not owned" also when it cannot open its database.
tf_owning() { # PATH
  tf_told=; tf_failed=
  for tf_x in $tf_packages; do
    tf_w=; tf_y=
    case $tf_x in
      dpkg-query)
        tf_w=$($tf_timeout dpkg-query -S "$1" 2>/dev/null)
        case $? in 0) ;; 1) tf_y=none ;; *) tf_y=failed ;; esac
        tf_w=$(printf '%s\n' "$tf_w" | awk -F: '!/^diversion by / { print $1; exit }')
        [ -n "$tf_w" ] && tf_w=$(dpkg-query -W -f 'dpkg ${Package} ${Version}\n' "$tf_w" 2>/dev/null | awk 'NR == 1') ;;
      rpm)
        tf_w=$($tf_timeout rpm -qf --qf 'rpm %{NAME} %{VERSION}-%{RELEASE}\n' -- "$1" 2>&1)
        case $tf_w in *error:*) tf_y=failed ;; *'not owned by'*) tf_y=none ;; esac
        tf_w=$(printf '%s\n' "$tf_w" | grep '^rpm [^ ]* [^ ]*$' | awk 'NR == 1') ;;
      apk)
        tf_w=$($tf_timeout apk info --who-owns "$1" 2>&1)
        case $tf_w in *'is owned by'*) ;; *'find owner'*) tf_y=none ;; *) tf_y=failed ;; esac
        tf_w=$(printf '%s\n' "$tf_w" | awk '/ is owned by / { print "apk", $NF, $NF; exit }') ;;
    esac
    if [ -n "$tf_w" ]; then echo "$tf_w"; return; fi
    if [ "$tf_y" = none ]; then tf_told=1; else tf_failed=1; fi
  done
  if [ -n "$tf_failed" ] && [ -z "$tf_told" ]; then echo '?'; fi
}

tf_package() { # PATH: the package that owns it
  tf_refused package "$1" '' && return
  tf_resolve "$1"
  tf_open package ok
  { printf '%s\000\000%s\000%s\000' "$1" "$tf_r" "$tf_packages"; tf_owning "${tf_r:-$1}"; tf_last; } | tf_encode
  tf_shut
}

tf_passwd() { # NAME-OR-UID: its passwd line; status 2 when there is none such
  if tf_has getent; then
    getent passwd "$1" 2>/dev/null
    case $? in 0) return 0 ;; 2) return 2 ;; *) return 1 ;; esac
  fi
  tf_line=$(awk -F: -v k="$1" '$1 == k || $3 == k { print; exit }' /etc/passwd 2>/dev/null)
  if [ -n "$tf_line" ]; then echo "$tf_line"; elif [ -r /etc/passwd ]; then return 2; else return 1; fi
}

tf_account() { # NAME-OR-UID
  tf_open account ok
  { printf '%s\000\000' "$1"
    tf_line=$(tf_passwd "$1"); printf '%s\000%s\000' "$?" "$tf_line"
    id -Gn "${tf_line%%:*}" 2>/dev/null; printf '\000%s' "$?"
    tf_last
  } | tf_encode
  tf_shut
}

tf_host() {
  tf_open host ok
  { printf '%s\000' "$(uname -s)" "$(uname -r)" "$(uname -n)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(id -un 2>/dev/null)" "$(id -u 2>/dev/null)" "stat=$tf_stat encode=$tf_encoding zip=$tf_zip packages=$tf_packages"
    if [ -r /etc/os-release ]; then awk -F= '$1 == "PRETTY_NAME" { gsub(/"/, "", $2); print $2; exit }' /etc/os-release; else uname -v; fi
    tf_last
  } | tf_encode
  tf_shut
}

# Options that a JVM takes from its environment, and "//read" when the environment could be read. Nothing else of it.
tf_options() {
  { tr '\n\000' ' \n' <"/proc/$tf_pid/environ" && echo //read; } 2>/dev/null |
    awk '/^\/\/read$/ || /^(JDK_JAVA|JAVA_TOOL|_JAVA|IBM_JAVA|OPENJ9_JAVA)_OPTIONS=/'
}

# Linux: /proc gives numeric owners and whole argument lists; ps cuts both. Patterns are bracketed so that grep does
# not find itself.
tf_procs() {
  tf_seen=
  if [ -r /proc/self/cmdline ] && [ -r /proc/self/status ]; then
    for tf_f in $($tf_timeout grep -lE '[j]ava|[j]svc|[c]atalina|[t]omcat' /proc/[0-9]*/cmdline 2>/dev/null); do
      tf_pid=${tf_f#/proc/}; tf_pid=${tf_pid%/cmdline}
      [ "$tf_pid" = $$ ] && continue
      tf_u=$(awk '$1 == "Uid:" { print $3; exit }' "/proc/$tf_pid/status" 2>/dev/null)
      [ -n "$tf_u" ] || continue
      tf_seen="$tf_seen $tf_pid"
      case " $tf_uids " in *" $tf_u "*) ;; *) tf_uids="$tf_uids $tf_u"; tf_procuids="$tf_procuids $tf_u" ;; esac
      tf_open process ok
      { printf '%s\000' "$tf_pid"; cat "/proc/$tf_pid/status" 2>/dev/null
        printf '\000'; cat "/proc/$tf_pid/stat" 2>/dev/null
        for tf_x in exe cwd root; do printf '\000'; readlink "/proc/$tf_pid/$tf_x" 2>/dev/null; done
        printf '\000' # a JVM keeps its jars open; the first line feed says that this may be seen
        if [ -r "/proc/$tf_pid/fd" ]; then echo; ls -l "/proc/$tf_pid/fd" 2>/dev/null | grep 'catalina[^/]*[.]jar'; fi
        printf '\000'; tf_options
        printf '\000'; cat "/proc/$tf_pid/cmdline" 2>/dev/null
        tf_last
      } | tf_encode
      tf_shut
    done
    tf_all=1
    if [ "$(id -u)" != 0 ] && [ ! -r /proc/1/status ]; then tf_all=0; fi
    tf_open processes ok
    { printf 'proc\000%s\000%s\000' "$tf_all" "$(getconf CLK_TCK 2>/dev/null)"; awk '$1 == "btime" { print $2 }' /proc/stat 2>/dev/null; printf '\000%s' "$tf_seen"; tf_last; } | tf_encode
    tf_shut
  else
    tf_open processes ok
    { printf 'ps\000'; { UNIX95=1 ps -e -o pid= -o ppid= -o uid= -o args= || ps -ef; } 2>/dev/null | grep -E '[j]ava|[j]svc|[c]atalina|[t]omcat'; printf '\000%s' "$(ps -e -o pid= 2>/dev/null | awk 'END { print NR }')"; tf_last; } | tf_encode
    tf_shut
  fi
}

tf_unitdirs='/etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system'

tf_tomcatunits() { # units and drop-ins that speak of Tomcat, and those named after it that cannot be read
  for tf_d in $tf_unitdirs; do
    [ -d "$tf_d" ] || continue
    [ -h "${tf_d%/systemd/system}" ] && continue
    grep -lE 'catalina|CATALINA|[Tt]omcat|jsvc' "$tf_d"/*.service "$tf_d"/*.service.d/*.conf 2>/dev/null
    for tf_f in "$tf_d"/*[Tt]omcat*.service "$tf_d"/*[Tt]omcat*.service.d/*.conf; do
      if [ -e "$tf_f" ] && [ ! -r "$tf_f" ]; then printf '%s\n' "$tf_f"; fi
    done
  done
}

tf_dropins() { # UNIT FILES: everything else that has a say in them, for a drop-in may hold nothing but User=
  for tf_f in $1; do
    case $tf_f in *.service) tf_x=${tf_f##*/} ;; *.service.d/*) tf_x=${tf_f%.d/*}; tf_x=${tf_x##*/} ;; *) continue ;; esac
    for tf_d in $tf_unitdirs; do
      [ -h "${tf_d%/systemd/system}" ] && continue
      for tf_f in "$tf_d/$tf_x" "$tf_d/$tf_x.d"/*.conf "$tf_d/${tf_x%@*}@"*.service.d/*.conf "$tf_d/${tf_x%@*}@.service"; do
        [ -f "$tf_f" ] && printf '%s\n' "$tf_f"
      done
    done
  done
}

tf_unitfiles() {
  tf_u=$(tf_tomcatunits)
  [ -n "$tf_u" ] && { printf '%s\n' "$tf_u"; tf_dropins "$tf_u"; } | sort -u
  for tf_f in /etc/default/tomcat* /etc/sysconfig/tomcat* /etc/conf.d/tomcat* /etc/init.d/*tomcat* /etc/rc.d/init.d/*tomcat* /etc/tomcat*/tomcat*.conf; do
    [ -f "$tf_f" ] && printf '%s\n' "$tf_f"
  done
}

tf_units() {
  tf_files=$(tf_unitfiles)
  tf_open units ok
  { printf '%s\000' "$tf_files"
    for tf_d in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      for tf_f in "$tf_d"/*.wants/*.service "$tf_d"/*.requires/*.service; do [ -h "$tf_f" ] && printf '%s\n' "${tf_f##*/}"; done
    done
    for tf_f in /etc/rc[2345].d/S*tomcat*; do [ -h "$tf_f" ] && { tf_x=${tf_f##*/}; printf '%s\n' "${tf_x#S[0-9][0-9]}"; }; done
    tf_last
  } | tf_encode
  tf_shut
  tf_ifs=$IFS; IFS='
'
  for tf_f in $tf_files; do IFS=$tf_ifs; tf_content "$tf_f"; done
  IFS=$tf_ifs
}

tf_places() { # conf/server.xml in the usual places, at most 7 levels down, on the same file system, 20 s each
  tf_w=$tf_timeout; [ -n "$tf_timeout" ] && tf_timeout='timeout 20'
  tf_open places ok
  { for tf_d in /opt /usr/local /usr/share /usr/tomcat* /var/opt /srv /home /home[0-9]* /export /var/lib /var/tomcat* /app* /data* /web* /was* /u0* /tomcat*; do
      [ -d "$tf_d" ] || continue
      if [ -h "$tf_d" ] && [ "$tf_d" != /opt ]; then continue; fi
      set -- # images and layers of containers are not instances of this host
      [ "$tf_d" = /var/lib ] && set -- \( -path ./docker -o -path ./containers -o -path ./containerd -o -path ./lxd -o -path ./machines \) -prune -o
      (CDPATH= cd -P -- "$tf_d" 2>/dev/null || { printf '//rc:1\n'; exit; }
       printf '//at:%s\n' "$(pwd -P)"
       tf_find -xdev -maxdepth 7 "$@" -name lost+found -prune -o \
         \( -path '*/conf/server.xml' \( -type f -o -type l \) -o -name conf -type l -exec sh -c 'test -e "$1/server.xml"' sh {} \; \))
    done
    tf_last
  } | tf_encode
  tf_shut
  tf_timeout=$tf_w
}

tf_known() { [ -e "$1" ] && [ ! -h "$1" ] || tf_status "$1"; } # plain entries have their row in the directory's record

tf_app() { # DIRECTORY OF A WEB APPLICATION
  tf_known "$1"
  tf_directory "$1"
  tf_directory "$1/WEB-INF"
  tf_content "$1/WEB-INF/web.xml"
  tf_content "$1/META-INF/context.xml"
  [ -d "$1/WEB-INF/lib" ] || return
  tf_directory "$1/WEB-INF/lib"
  for tf_j in "$1"/WEB-INF/lib/*.jar; do
    tf_m=$((tf_m + 1)); [ $tf_m -gt 100 ] && return
    [ -f "$tf_j" ] && tf_member "$tf_j" META-INF/web-fragment.xml
  done
}

tf_m=0
tf_base() { # CATALINA_BASE: what nearly every instance needs, so that most hosts take one round
  tf_status "$1"; tf_directory "$1"
  for tf_x in conf bin lib logs temp work webapps; do tf_known "$1/$tf_x"; done
  for tf_x in conf bin lib logs webapps; do tf_directory "$1/$tf_x"; done
  for tf_x in server.xml web.xml context.xml tomcat-users.xml catalina.properties logging.properties; do tf_content "$1/conf/$tf_x"; done
  tf_known "$1/conf/tomcat-users.xml"
  tf_content "$1/bin/setenv.sh"
  tf_search "$1/conf" config-files
  tf_search "$1/webapps" source-files
  tf_search "$1/logs" log-files
  tf_search "$1/bin" script-files
  for tf_e in "$1"/conf/*/; do
    [ -d "$tf_e" ] && [ ! -h "${tf_e%/}" ] || continue
    tf_directory "${tf_e%/}"
    for tf_h in "$tf_e"*/; do
      [ -d "$tf_h" ] || continue
      tf_directory "${tf_h%/}"
      for tf_f in "$tf_h"*.xml "$tf_h"*.xml.default; do [ -f "$tf_f" ] && tf_content "$tf_f"; done
    done
  done
  tf_k=0
  for tf_f in "$1"/webapps/*; do
    tf_k=$((tf_k + 1)); [ $tf_k -gt 200 ] && break
    if [ -d "$tf_f" ]; then tf_app "$tf_f"
    elif [ -f "$tf_f" ] && [ ! -d "${tf_f%.war}" ]; then
      case $tf_f in *.war) tf_member "$tf_f" WEB-INF/web.xml; tf_member "$tf_f" META-INF/context.xml; tf_fragments "$tf_f" ;; esac
    fi
  done
}

tf_home() { # CATALINA_HOME
  case "$tf_done" in *"|tf_base $1|"*) ;; *)
    tf_status "$1"; tf_directory "$1"
    for tf_x in bin lib; do tf_known "$1/$tf_x"; tf_directory "$1/$tf_x"; done
    for tf_x in conf webapps; do tf_known "$1/$tf_x"; done
    tf_content "$1/bin/setenv.sh"
    tf_search "$1/bin" script-files ;;
  esac
  for tf_x in server common shared; do tf_known "$1/$tf_x"; done
  for tf_f in "$1/lib/catalina.jar" "$1/server/lib/catalina.jar"; do
    tf_known "$tf_f"
    [ -f "$tf_f" ] || continue
    tf_member "$tf_f" org/apache/catalina/util/ServerInfo.properties
    tf_member "$tf_f" META-INF/MANIFEST.MF
    tf_package "$tf_f"
  done
  tf_content "$1/RELEASE-NOTES"
}

tf_named() { # NAME: values of -DNAME= in the argument lists found
  for tf_pid in $tf_seen; do
    tr '\000' '\n' <"/proc/$tf_pid/cmdline" 2>/dev/null | awk -v k="-D$1=" 'index($0, k) == 1 { v = substr($0, length(k) + 1) } END { if (v ~ /^\//) print v }'
  done | sort -u
}

tf_each() { # FUNCTION LINES: calls it for every line not seen before
  tf_ifs=$IFS; IFS='
'
  for tf_line in $2; do
    IFS=$tf_ifs
    case "$tf_done" in *"|$1 $tf_line|"*) ;; *) tf_done="$tf_done|$1 $tf_line|"; "$1" "${tf_line%/}" ;; esac
  done
  IFS=$tf_ifs
}

tf_first() { # the round that needs no question
  tf_host
  for tf_x in $TF_ACCOUNTS; do
    tf_plain "$tf_x"; tf_account "$tf_p"
    tf_u=$(id -u "$tf_p" 2>/dev/null) && tf_uids="$tf_uids $tf_u"
  done
  tf_procs
  for tf_x in $tf_procuids; do tf_account "$tf_x"; done
  tf_units
  [ "$TF_DISCOVER" = 1 ] && tf_places
  tf_done=
  for tf_x in $TF_BASES; do tf_plain "$tf_x"; tf_done="$tf_done|tf_base $tf_p|"; tf_base "$tf_p"; done
  if [ "$TF_DISCOVER" = 1 ]; then
    tf_each tf_base "$(tf_named catalina.base)"
    tf_each tf_home "$(tf_named catalina.home)"
  fi
  for tf_x in $TF_HOMES; do tf_plain "$tf_x"; tf_each tf_home "$tf_p"; done
}

tf_plain() { tf_p=$(printf '%b.' "$1"); tf_p=${tf_p%.}; } # ENCODED -> tf_p

tf_program() { # NAME -> tf_b: its path; what PATH says does not matter
  tf_b=
  for tf_d in /usr/bin /usr/local/bin /bin /opt/freeware/bin /usr/pkg/bin /opt/csw/bin /opt/pbul/bin; do
    [ -f "$tf_d/$1" ] && [ -x "$tf_d/$1" ] && { tf_b=$tf_d/$1; return; }
  done
  return 1
}

tf_rise() { # METHOD USER: the shell with more rights, by the program tf_b
  case $1 in
    su) if [ "$tf_uid:$(uname -s)" = 0:Linux ]; then "$tf_b" -s /bin/sh "$2" -c '/bin/sh -s'; else "$tf_b" "$2" -c '/bin/sh -s'; fi ;;
    pbrun) "$tf_b" -u "$2" /bin/sh -s ;;
    *) "$tf_b" -n -u "$2" /bin/sh -s ;;
  esac
}

# tf_within COMMAND...: its exit status, or "late" when it is not told in time. It hears and says nothing. Nobody waits
# for it any longer then: a program that runs as root cannot be killed from here, not by timeout(1) either.
tf_within() {
  { { tf_x=0; while [ $tf_x -lt $TF_PATIENCE ]; do sleep 1; tf_x=$((tf_x + 1)); done; echo late; } 2>/dev/null 3<&- &
    echo $!
    { "$@" </dev/null >/dev/null 2>&1; echo "$?"; } 2>/dev/null 3<&- & } |
    { read -r tf_x; read -r tf_y; kill "$tf_x" 2>/dev/null; echo "$tf_y"; }
}

tf_raise() { # METHOD USER: is it allowed? Then go on as that account, on the same channel
  if ! tf_program "$1" || [ "$(tf_within tf_rise "$1" "$2")" != 0 ]; then
    tf_open raise denied; tf_last | tf_encode; tf_shut; tf_frame "END $tf_n"; return
  fi
  tf_open raise ok; tf_last | tf_encode; tf_shut # the raised shell's END closes the round
  # When the raised shell ends, whatever waits to feed it must end, too: the auditor waits for the end of this one.
  { sh -c 'echo $PPID'
    echo "TF_NONCE=$TF_NONCE TF_MODE=raised TF_COUNT=$tf_n TF_SECONDS=$TF_SECONDS TF_PATIENCE=$TF_PATIENCE tf_uids='$tf_uids'"
    printf '%s\n' "$TF_SCRIPT"; echo tf_main
    exec cat <&3 2>/dev/null
  } | { read -r tf_x; tf_rise "$1" "$2"; kill "$tf_x" 2>/dev/null; } | tf_raised
  exit
}

# What a raised shell says, without what the program before it may say: a banner of its policy, or what it was told.
tf_raised() {
  while IFS= read -r tf_line; do
    case $tf_line in "@$TF_NONCE BEGIN "*) echo; echo "$tf_line"; cat; return ;; esac
  done
}

tf_tell() { tf_open password "$1"; tf_last | tf_encode; tf_shut; }

# tf_password METHOD:MARK USER: METHOD asks with a prompt that holds MARK; that it asked is told in a frame, and what the
# auditor sends then goes from the channel to METHOD and nowhere else. Nothing is sent to a METHOD that does not ask.
tf_password() {
  tf_k=${1#*:}; tf_program "${1%%:*}"
  case $(ls -ldnL -- "$tf_b" 2>/dev/null | awk 'NR == 1 { print substr($1, 4, 1) $3 }') in
    s0) ;;
    *) tf_tell none; return ;; # it is not root's
  esac
  exec 4>&1
  { sh -c 'echo $PPID'; exec cat <&3 2>/dev/null 4>&-; } | {
    read -r tf_x
    sh -c 'echo "$0 pid $PPID"' "$tf_k"
    tf_pulse "$tf_k" </dev/null 2>/dev/null 3<&- 4>&- &
    tf_y=$!
    exec 5>&1
    "$tf_b" -S -k -p "
$tf_k ask
" -u "$2" /bin/sh -s 2>&5 3<&- 4>&- 5>&- | tf_raised >&4 3<&- 4>&- 5>&-
    echo; echo "$tf_k over"
    kill "$tf_x" "$tf_y" 2>/dev/null
  } | tf_hear "$tf_k"
  exit
}

tf_pulse() { # MARK: a beat every fifth of a second, or every second where sleep knows no fractions
  tf_w=1; sleep 0.1 && tf_w=0.2
  while echo && echo "$1 beat $tf_w"; do sleep $tf_w || exit; done
}

# tf_hear MARK: reads what METHOD says and tells in frames what becomes of it. A shell of another account below it means
# that the password was taken, or none wanted: whatever is sent from now on is read by that shell.
tf_hear() {
  tf_o=; tf_v=0
  while read -r tf_w tf_x tf_y; do
    [ "$tf_w" = "$1" ] || continue
    case $tf_x in
      pid) tf_d=$tf_y ;;
      ask) if [ -n "$tf_o" ]; then tf_tell again; return; fi; tf_o=1; tf_v=0; tf_tell asked ;;
      over) tf_tell over; return ;;
      beat)
        if tf_below "$tf_d"; then
          tf_open raise ok; { printf %s "$tf_uids"; tf_last; } | tf_encode; tf_shut
          exec cat >/dev/null 3<&- 4>&-
        fi
        case $tf_y in 1) tf_v=$((tf_v + 5)) ;; *) tf_v=$((tf_v + 1)) ;; esac
        [ $tf_v -ge $((TF_PATIENCE * 5)) ] && { tf_tell late; return; } ;;
    esac
  done
}

tf_below() { # PID: does a /bin/sh -s of another account run below it?
  if [ ! -r /proc/self/status ]; then
    { UNIX95=1 ps -A -o pid= -o ppid= -o uid= -o args= || UNIX95=1 ps -e -o pid= -o ppid= -o uid= -o args=; } 2>/dev/null |
      awk -v top="$1" -v own="$tf_uid" '
        { up[$1] = $2 }
        NF == 5 && $3 != own && $4 == "/bin/sh" && $5 == "-s" { shell[$1] = 1 }
        END { for (p in shell) { n = 0; for (q = p; (q in up) && n < 64; q = up[q]) { if (q == top) found = 1; n++ } }
              exit !found }'
    return
  fi
  for tf_f in $(grep -ls '^/bin/sh' /proc/[0-9]*/cmdline 2>/dev/null); do
    [ "$(tr '\000' ' ' <"$tf_f" 2>/dev/null)" = '/bin/sh -s ' ] || continue
    tf_p=${tf_f#/proc/}; tf_p=${tf_p%/cmdline}
    case $(awk '$1 == "Uid:" { print $3 }' "/proc/$tf_p/status" 2>/dev/null) in '' | "$tf_uid") continue ;; esac
    while :; do
      tf_p=$(awk '$1 == "PPid:" { print $2 }' "/proc/$tf_p/status" 2>/dev/null)
      case $tf_p in '' | 0 | 1) break ;; "$1") return 0 ;; esac
    done
  done
  return 1
}

tf_serve() { # questions: VERB DETAIL PATH, the last two encoded; a line of one dot asks for the END of the round
  while read -r tf_verb tf_detail tf_path <&3; do
    tf_plain "$tf_path"
    tf_q=$tf_p
    tf_plain "$tf_detail"
    tf_k=$tf_p; [ "$tf_detail" = - ] && tf_k=
    case $tf_verb in
      status) tf_status "$tf_q" ;;
      content) tf_content "$tf_q" ;;
      listing) tf_directory "$tf_q" ;;
      search) tf_search "$tf_q" "$tf_k" ;;
      member) tf_member "$tf_q" "$tf_k" ;;
      fragments) tf_fragments "$tf_q" ;;
      package) tf_package "$tf_q" ;;
      account) tf_account "$tf_q" ;;
      processes) tf_procs ;;
      places) tf_places ;;
      raise) tf_raise "$tf_k" "$tf_q" ;;
      password) tf_password "$tf_k" "$tf_q" ;;
      .) tf_frame "END $tf_n" ;;
    esac
  done
}

# Functions and variables that start-up files export would change what the tools say.
tf_main() {
  if [ -n "$ZSH_VERSION" ]; then emulate sh; fi
  if [ -n "$BASH_VERSION" ]; then unset -f [ test command echo printf read cd pwd awk base64 bsdtar busybox cat date dd dpkg-query find getconf getent getfacl grep id kill ls od openssl perl ps python3 readlink realpath rpm sh sleep sort stat timeout tr true uname unzip; fi
  [ -n "$TF_NONCE" ] || exit 1 # something read the first line away
  LC_ALL=C; export LC_ALL
  unset LANG LANGUAGE CDPATH TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE BLOCKSIZE GREP_OPTIONS UNZIP UNZIPOPT PERL5OPT PERL5LIB 2>/dev/null
  PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin; export PATH
  exec 3<&0 </dev/null
  [ "$TF_MODE" = raised ] || { TF_COUNT=0; tf_uids=; }
  tf_n=$TF_COUNT; tf_procuids=
  tf_tools
  tf_uid=$(id -u)
  tf_frame "BEGIN 1 $tf_encoding $tf_uid $tf_n"
  if [ "$TF_MODE" != raised ]; then tf_first; fi
  tf_frame "END $tf_n"
  tf_serve
  exit 0
}

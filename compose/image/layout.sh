#!/bin/sh
# layout.sh DIR [PROGRAM...]: lays out in DIR the operating system of the image: a Java runtime
# made by jlink, this machine's C library, and a static busybox. The libraries that each PROGRAM
# needs come along, so that it can be mounted into a container and run there.
#   JAVA_HOME  a JDK with jlink        BUSYBOX  a busybox that needs no library
set -eu
umask 022
os=$1
shift

die() {
  printf 'layout.sh: %s\n' "$@" >&2
  exit 1
}

case $(ldd "$BUSYBOX" 2>&1) in
  *"not a dynamic executable"* | *"statically linked"*) ;;
  *) die "$BUSYBOX needs shared libraries: install busybox-static" ;;
esac

# java.desktop is there for java.beans, which the log back end of Kafka 3 needs; what it brings
# for screens, printers and sound is dropped below.
modules=java.base,java.desktop,java.logging,java.management,java.naming,java.security.jgss
modules=$modules,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.management
modules=$modules,jdk.management.agent,jdk.unsupported
mkdir -p "$os/bin" "$os/etc"
"$JAVA_HOME/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files \
  --no-man-pages --output "$os/opt/java"
for name in awt font freetype javajpeg jawt jsound lcms mlib splashscreen; do
  rm -f "$os"/opt/java/lib/lib"$name"*
done
cp "$BUSYBOX" "$os/bin/busybox"
chmod 755 "$os/bin/busybox"
ln -s /opt/java/bin/java "$os/bin/java"

# Every shared library that is needed, at the path where the loader looks for it. Java's own find
# each other by Java's launcher; ldd does not know that, and it fails on what needs no library.
needed=$(
  find "$os/opt" -type f \( -perm -100 -o -name '*.so' \) -exec ldd {} + 2>/dev/null
  for program in "$@"; do ldd "$program" 2>/dev/null; done
) || true
for name in $(echo "$needed" | sed -n 's/^[[:space:]]*\(.*\) => not found.*/\1/p' | sort -u); do
  [ -n "$(find "$os/opt" -name "$name")" ] || die "the library $name is missing"
done
case $needed in
  *libc.so*) ;;
  *) die "ldd names no C library for $os/opt/java; it said:" "$needed" ;;
esac
echo "$needed" | grep -o '/[^ ]*' | grep '\.so' | grep -vF "$os/" | sort -u |
  while read -r library; do cp -L --parents "$library" "$os/"; done
# The libraries inside of Kafka's jars (zstd) still name those that became parts of the C library.
libc=$(echo "$needed" | grep -o '/[^ ]*/libc\.so[^ ]*' | head -n 1)
for name in libpthread.so.0 libdl.so.2 librt.so.1; do
  [ ! -e "${libc%/*}/$name" ] || cp -L --parents "${libc%/*}/$name" "$os/"
done

# The C library reads names from files and DNS without further modules.
printf 'root:x:0:0:root:/:/bin/sh\nkafka:x:1001:0:kafka:/:/bin/sh\n' > "$os/etc/passwd"
printf 'root:x:0:\n' > "$os/etc/group"
printf 'hosts: files dns\n' > "$os/etc/nsswitch.conf"

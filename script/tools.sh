# Sourced by script/run and script/test: finds the tools that they need, and installs missing ones
# with apt-get if it may (as root, or with passwordless sudo).
# shellcheck shell=sh

# Exit code 4, as in `chaos`: the environment failed.
give_up() {
  printf '%s\n' "$@" >&2
  exit 4
}

rust_needed() {
  sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' "$root/Cargo.toml"
}

# at_least HAVE WANT: whether version HAVE (1.95.0) is WANT (1.90) or newer.
at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# Sets $cargo to a command line that is new enough, without blanks in its words.
find_cargo() {
  case ":$PATH:" in
    *":$HOME/.cargo/bin:"*) ;;
    *) PATH=$PATH:$HOME/.cargo/bin ;;
  esac
  needed=$(rust_needed)
  for cargo in "cargo" "cargo +stable"; do
    # A cargo without rustup takes "+stable" for a subcommand and prints no version.
    version=$($cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p')
    if [ -n "$version" ] && at_least "$version" "$needed"; then
      return 0
    fi
  done
  cargo=
  return 1
}

# The major version of the Java that `chaos` would use, 0 without one.
java_major() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  major=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
  echo "${major:-0}"
}

# Whether Kafka is available without Maven: an unpacked release, or an earlier fetch.
has_kafka() {
  [ -n "${KAFKA_HOME:-}" ] && return 0
  cache=${CHAOS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kafka-chaos}
  for libs in "$cache"/kafka/*/libs; do
    [ -d "$libs" ] && return 0
  done
  return 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Prints the command that runs apt-get with the necessary rights; fails without them.
apt_get() {
  has apt-get || return 1
  if [ "$(id -u)" = 0 ]; then
    echo "env DEBIAN_FRONTEND=noninteractive apt-get"
  elif has sudo && sudo -n true 2>/dev/null; then
    echo "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get"
  else
    return 1
  fi
}

is_package() {
  apt-cache show "$1" >/dev/null 2>&1
}

# java_package jre|jdk: the first Java package in the machine's lists on which Kafka runs.
java_package() {
  for package in "openjdk-17-$1-headless" "openjdk-21-$1-headless"; do
    if is_package "$package"; then
      echo "$package"
      return 0
    fi
  done
  echo "default-$1-headless"
}

# Whether jlink is on the PATH or beside the Java that would be used.
has_jlink() {
  java=$(command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java") || return 1
  [ -x "$(dirname "$(readlink -f "$java")")/jlink" ] || has jlink
}

# prefer_new_java MAJOR: a newer Java may be installed beside an older default `java`.
prefer_new_java() {
  [ "$(java_major)" -ge "$1" ] && return 0
  for home in /usr/lib/jvm/java-*-openjdk-*; do
    if [ -x "$home/bin/java" ] && [ "$(JAVA_HOME=$home java_major)" -ge "$1" ]; then
      JAVA_HOME=$home
      export JAVA_HOME
      echo "taking Java from $home" >&2
      return 0
    fi
  done
  return 1
}

# install_packages "NAME...": needs $apt from apt_get.
install_packages() {
  echo "installing $1" >&2
  # shellcheck disable=SC2086 # the names are words of their own
  $apt install -y --no-install-recommends $1 || give_up "apt-get install $1 failed."
}

update_packages() {
  $apt update || give_up "apt-get update failed."
}

# install_missing JAVA_MAJOR run|test: everything but Rust and Docker. Only tests need Maven in any
# case, a whole JDK for images, and tools for XML and the page.
install_missing() {
  [ "$2" = run ] && kind=jre || kind=jdk
  packages=
  has cc && has c++ || packages="$packages g++"
  has make || packages="$packages make"
  prefer_new_java "$1" || packages="$packages java"
  has mvn || { [ "$2" = run ] && has_kafka; } || packages="$packages maven"
  # Tests validate junit.xml against its schema, and open a run's page in a browser.
  [ "$2" = run ] || has xmllint || packages="$packages libxml2-utils"
  [ "$2" = run ] || has chromium || packages="$packages chromium"
  [ -n "$packages" ] || return 0
  if ! apt=$(apt_get); then
    packages=$(echo "$packages" | sed "s/ java/ openjdk-17-$kind-headless/")
    give_up "Some tools are missing, and only root may install them:" \
      "  apt-get install$packages" \
      "(Any Java from $1 on will do. To run without Maven, name an unpacked Kafka by KAFKA_HOME.)"
  fi
  update_packages
  install_packages "$(echo "$packages" | sed "s/ java/ $(java_package $kind)/")"
  prefer_new_java "$1" || give_up "Java $1 or newer is needed: set JAVA_HOME to one."
}

# Installs Rust with rustup, which needs no root; only newer Debian releases have a package of it.
install_rust() {
  find_cargo && return 0
  if ! has rustup && apt=$(apt_get); then
    update_packages
    if is_package rustup; then
      install_packages rustup
    fi
  fi
  if has rustup; then
    echo "installing Rust's stable toolchain with rustup" >&2
    rustup toolchain install stable --profile minimal --component clippy --component rustfmt ||
      give_up "rustup could not install Rust's stable toolchain."
    find_cargo && return 0
  fi
  give_up "Rust $(rust_needed) or newer is missing (cargo on PATH, or in ~/.cargo/bin)." \
    "Install it with rustup (where the package exists: apt-get install rustup), then" \
    "  rustup toolchain install stable" \
    "and run this command again. Debian's and Ubuntu's own cargo may be too old."
}

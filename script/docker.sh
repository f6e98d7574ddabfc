# Sourced by script/test: finds or starts a Docker daemon for the tests. DOCKER_HOST names its
# socket, DOCKERD_OPTIONS adds options for a daemon that is started.
# shellcheck shell=sh

# without_docker REASON: skips the Docker tests; with CI set, fails.
without_docker() {
  [ -z "${CI:-}" ] || give_up "The Docker tests cannot run, and CI must run everything: $1"
  printf '== docker: LEFT OUT: %s\n' "$1" >&2
  return 1
}

# Packages that the Docker tests need and this machine lacks.
docker_packages() {
  packages=
  has docker || { is_package docker-cli && packages="$packages docker-cli"; }
  has dockerd || docker_answers || packages="$packages docker.io"
  has docker-compose || docker compose version >/dev/null 2>&1 || packages="$packages docker-compose"
  has kcat || packages="$packages kcat"
  has_static_busybox || packages="$packages busybox-static"
  has_jlink || packages="$packages $(java_package jdk)"
  echo "$packages"
}

docker_answers() {
  has docker && docker version >/dev/null 2>&1
}

has_static_busybox() {
  has busybox || return 1
  case $(ldd "$(command -v busybox)" 2>&1) in
    *"not a dynamic executable"* | *"statically linked"*) return 0 ;;
  esac
  return 1
}

# docker_answers_within TRIES: asks twice per second; gives up early when our daemon is gone.
docker_answers_within() {
  tries=$1
  until docker_answers; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] && { [ -z "$dockerd" ] || kill -0 "$dockerd" 2>/dev/null; } || return 1
    sleep 0.5
  done
}

prepare_docker() {
  dockerd=
  if [ -n "$(docker_packages)" ]; then
    apt=$(apt_get) || {
      without_docker "only root may install what is missing: apt-get install$(docker_packages)"
      return
    }
    update_packages
    install_packages "$(docker_packages)"
    # With a service manager, the package has started its daemon.
    [ ! -d /run/systemd/system ] || docker_answers_within 40 || true
  fi
  docker_answers && return
  has dockerd || {
    without_docker "no daemon answers at ${DOCKER_HOST:-the usual socket} (is this user in its group?)"
    return
  }
  [ "$(id -u)" = 0 ] || {
    without_docker "no daemon answers, and only root may start one"
    return
  }
  start_docker || without_docker "no daemon could be started"
}

# Starts a daemon that ends with this script.
start_docker() {
  mkdir -p "$root/target"
  docker_log=$root/target/dockerd.log
  # Not in the usual places: a killed daemon leaves process ids there that may be reused by now.
  docker_run=$(mktemp -d)
  # shellcheck disable=SC2086 # options are words of their own
  dockerd --host "${DOCKER_HOST:-unix:///var/run/docker.sock}" \
    --pidfile "$docker_run/docker.pid" --exec-root "$docker_run/exec" ${DOCKERD_OPTIONS:-} \
    >"$docker_log" 2>&1 &
  dockerd=$!
  trap stop_docker EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  echo "started a Docker daemon, process $dockerd, which logs to $docker_log" >&2
  docker_answers_within 120 || {
    tail -n 20 "$docker_log" >&2
    return 1
  }
}

# Ends the daemon that start_docker started. A daemon that ends properly takes its containers and
# its containerd along; otherwise they are killed, too.
stop_docker() {
  children=$(cat "/proc/$dockerd/task/"*/children 2>/dev/null) || children=
  kill "$dockerd" 2>/dev/null || true
  tries=60
  while [ $tries -gt 0 ] && kill -0 "$dockerd" 2>/dev/null; do
    tries=$((tries - 1))
    sleep 0.5
  done
  # shellcheck disable=SC2086 # numbers are words of their own
  [ $tries -gt 0 ] || kill -s KILL "$dockerd" $children 2>/dev/null || true
  # Mounts of a killed daemon stay.
  rm -rf "$docker_run" 2>/dev/null || true
}

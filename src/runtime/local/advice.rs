//! Why a machine refuses namespaces, and the setting that allows them: a table with one row per
//! step and reason.

use crate::runtime::RuntimeError;
use nix::errno::Errno;
use std::fs;
use std::io;

/// What the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    UserNamespace,
    UserMap,
    PidNamespace,
    NetworkNamespace,
    VethLink,
    PacketFilter,
}

/// The machine's settings for namespaces; `None` if it has no such setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) max_user_namespaces: Option<u64>,
    /// `kernel.unprivileged_userns_clone`, on older Debian kernels.
    pub(super) unprivileged_userns_clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns`, on Ubuntu since 23.10.
    pub(super) apparmor_restrict: Option<u64>,
    pub(super) root: bool,
}

impl Settings {
    pub(super) fn read() -> Settings {
        // A setting that cannot be read does not exist in this kernel.
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        Settings {
            max_user_namespaces: number("/proc/sys/user/max_user_namespaces"),
            unprivileged_userns_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor_restrict: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            root: nix::unistd::geteuid().is_root(),
        }
    }
}

const CONTAINER: &str = "in a container, start it with `--security-opt seccomp=unconfined` or \
                         `--cap-add SYS_ADMIN`; else use `--runtime docker`";

/// The error for a refused step, with advice.
pub(super) fn explain(step: Step, errno: Errno, settings: &Settings) -> RuntimeError {
    let what = match step {
        Step::UserNamespace => "making a user namespace",
        Step::UserMap => "mapping users into the user namespace",
        Step::PidNamespace => "making a PID namespace",
        Step::NetworkNamespace => "making a network namespace",
        Step::VethLink => "adding a virtual Ethernet link (veth)",
        Step::PacketFilter => "using nftables",
    };
    RuntimeError::io(what, io::Error::from(errno)).advise(advice(step, errno, settings))
}

fn advice(step: Step, errno: Errno, settings: &Settings) -> String {
    match (step, errno) {
        (Step::UserNamespace, Errno::ENOSPC) if settings.max_user_namespaces == Some(0) => {
            "this machine allows no user namespaces; as root: \
             `sysctl -w user.max_user_namespaces=15000`"
                .to_owned()
        }
        (Step::UserNamespace, Errno::ENOSPC) => {
            "all user namespaces are in use, or they are nested too deep (32 levels); as root: \
             raise `user.max_user_namespaces`"
                .to_owned()
        }
        (Step::UserNamespace, Errno::EPERM) if settings.unprivileged_userns_clone == Some(0) => {
            "as root: `sysctl -w kernel.unprivileged_userns_clone=1`, or run chaos as root"
                .to_owned()
        }
        (Step::UserNamespace, Errno::EACCES) => {
            "a security module (SELinux, AppArmor) forbids user namespaces to this program: allow \
             them in its policy, or run chaos as root"
                .to_owned()
        }
        (Step::UserNamespace, Errno::EPERM) => {
            format!("the process is confined (seccomp): {CONTAINER}")
        }
        (Step::UserNamespace, Errno::EINVAL) => {
            "this is a defect of chaos: it had threads already, or the kernel was built without \
             CONFIG_USER_NS"
                .to_owned()
        }
        (
            Step::UserMap | Step::PidNamespace | Step::NetworkNamespace,
            Errno::EPERM | Errno::EACCES,
        ) if settings.apparmor_restrict == Some(1) && !settings.root => {
            "AppArmor takes all rights away inside of user namespaces; as root: \
             `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or give chaos an AppArmor \
             profile with `userns,`, or run chaos as root"
                .to_owned()
        }
        (Step::UserMap, _) if settings.root => {
            "root lacks CAP_SETUID, CAP_SETGID or CAP_SETFCAP here; set \
             CHAOS_NO_USER_NAMESPACE=1 when it has CAP_SYS_ADMIN and CAP_NET_ADMIN"
                .to_owned()
        }
        (Step::PidNamespace | Step::NetworkNamespace, Errno::EPERM) => {
            format!("CAP_SYS_ADMIN is missing: {CONTAINER}")
        }
        (Step::PidNamespace, Errno::ENOSPC) => {
            "as root: raise `user.max_pid_namespaces`".to_owned()
        }
        (Step::NetworkNamespace, Errno::ENOSPC) => {
            "as root: raise `user.max_net_namespaces`".to_owned()
        }
        (Step::PidNamespace | Step::NetworkNamespace, Errno::EINVAL) => {
            "the kernel was built without CONFIG_PID_NS or CONFIG_NET_NS; use `--runtime docker` \
             on another machine"
                .to_owned()
        }
        (Step::VethLink, Errno::EOPNOTSUPP) => {
            "the kernel module veth is not loaded; as root: `modprobe veth`".to_owned()
        }
        (Step::PacketFilter, Errno::EOPNOTSUPP | Errno::EPROTONOSUPPORT | Errno::EINVAL) => {
            "the kernel module nf_tables is not loaded; as root: `modprobe nf_tables`".to_owned()
        }
        (Step::VethLink | Step::PacketFilter, Errno::EPERM) => {
            format!("CAP_NET_ADMIN is missing: {CONTAINER}")
        }
        _ => CONTAINER.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Settings = Settings {
        max_user_namespaces: Some(1000),
        unprivileged_userns_clone: None,
        apparmor_restrict: None,
        root: false,
    };

    #[test]
    fn every_refusal_names_the_setting_that_allows_it() {
        use Errno::{EACCES, EINVAL, ENOSPC, EOPNOTSUPP, EPERM, EPROTONOSUPPORT};
        let none = Settings { max_user_namespaces: Some(0), ..QUIET };
        let debian = Settings { unprivileged_userns_clone: Some(0), ..QUIET };
        let ubuntu = Settings { apparmor_restrict: Some(1), ..QUIET };
        let ubuntu_root = Settings { apparmor_restrict: Some(1), root: true, ..QUIET };
        let table = [
            (Step::UserNamespace, ENOSPC, none, "user.max_user_namespaces=15000"),
            (Step::UserNamespace, ENOSPC, QUIET, "raise `user.max_user_namespaces`"),
            (Step::UserNamespace, EPERM, debian, "kernel.unprivileged_userns_clone=1"),
            (Step::UserNamespace, EPERM, QUIET, "seccomp"),
            (Step::UserNamespace, EACCES, QUIET, "SELinux"),
            (Step::UserNamespace, EINVAL, QUIET, "threads"),
            (Step::UserMap, EPERM, ubuntu, "apparmor_restrict_unprivileged_userns=0"),
            (Step::UserMap, EPERM, ubuntu_root, "CHAOS_NO_USER_NAMESPACE=1"),
            (Step::PidNamespace, EPERM, ubuntu, "apparmor_restrict_unprivileged_userns=0"),
            (Step::NetworkNamespace, EACCES, ubuntu, "apparmor_restrict_unprivileged_userns=0"),
            (Step::NetworkNamespace, EPERM, QUIET, "CAP_SYS_ADMIN"),
            (Step::PidNamespace, EPERM, ubuntu_root, "CAP_SYS_ADMIN"),
            (Step::PidNamespace, ENOSPC, QUIET, "user.max_pid_namespaces"),
            (Step::NetworkNamespace, ENOSPC, QUIET, "user.max_net_namespaces"),
            (Step::NetworkNamespace, EINVAL, QUIET, "CONFIG_NET_NS"),
            (Step::VethLink, EOPNOTSUPP, QUIET, "modprobe veth"),
            (Step::VethLink, EPERM, QUIET, "CAP_NET_ADMIN"),
            (Step::PacketFilter, EPROTONOSUPPORT, QUIET, "modprobe nf_tables"),
            (Step::PacketFilter, EPERM, QUIET, "CAP_NET_ADMIN"),
            (Step::UserMap, EINVAL, QUIET, "--runtime docker"),
        ];
        for (step, errno, settings, expected) in table {
            let error = explain(step, errno, &settings).to_string();
            assert!(error.contains(expected), "{step:?} {errno:?}: {error}");
            let reason = io::Error::from(errno).to_string();
            assert!(error.contains(&reason), "{error}");
        }
    }
}

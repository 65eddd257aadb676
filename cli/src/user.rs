//! Who runs the command, for the record of who changed what.

use std::env;
use std::fs;

use nexus_jobs::Actor;

/// The operating-system user as an actor: `os:NAME`.
pub(crate) fn actor() -> Actor {
    Actor::os_user(&name())
}

/// The user's name: that of the process's user id, which the environment cannot forge, or else what
/// the environment says (the user may come from a directory service), or else the number.
pub(crate) fn name() -> String {
    let uid = rustix::process::getuid().as_raw();
    fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|passwd| name_of(&passwd, uid))
        .or_else(|| {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|variable| env::var(variable).ok().filter(|name| !name.is_empty()))
        })
        .unwrap_or_else(|| uid.to_string())
}

fn name_of(passwd: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_in_the_table_of_users() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# note\nanna:x:1000:1000::/home/anna:\n";
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("anna"));
        assert_eq!(name_of(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_of(passwd, 1), None);
    }
}

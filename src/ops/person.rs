//! Who works here: the name that revisions carry; and where.

use rustix::process::getuid;
use rustix::system::uname;
use std::env;
use std::fs;

/// `EARMARK_USER`, else the login name, else the number of the account.
pub fn author() -> String {
    ["EARMARK_USER", "LOGNAME", "USER"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
        .or_else(login_name)
        .unwrap_or_else(|| format!("user-{}", getuid().as_raw()))
}

/// Whether `EARMARK_USER` says who works here; else several people may go by the account's name.
pub fn is_named() -> bool {
    env::var("EARMARK_USER").is_ok_and(|name| !name.trim().is_empty())
}

/// The account's own name, whoever works in it.
pub fn login() -> String {
    login_name().unwrap_or_else(|| format!("user-{}", getuid().as_raw()))
}

/// What this machine is called.
pub fn host_name() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

/// From the list of accounts, for programs started without a login shell.
fn login_name() -> Option<String> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let me = getuid().as_raw().to_string();
    accounts.lines().find_map(|account| {
        let mut fields = account.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == me).then(|| name.to_owned())
    })
}

//! Who works here: the name that revisions carry.

use rustix::process::getuid;
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

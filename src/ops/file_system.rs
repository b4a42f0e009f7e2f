//! Where a workspace lies: on a disk of this machine, or on a network file system, which does not keep several processes
//! apart and on which nothing that is said to be on disk can be relied on.

use crate::domain::UserError;
use crate::text::safe_line;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What Linux calls file systems that other machines keep.
const NETWORK: &[&str] = &[
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "smb2",
    "smb3",
    "smbfs",
    "vboxsf",
    "vmhgfs",
    "virtiofs",
];
/// Programs that show what lies elsewhere as a folder, through FUSE.
const FUSE: &[&str] = &[
    "blobfuse",
    "ceph",
    "curlftpfs",
    "davfs",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "google-drive",
    "gvfs",
    "juicefs",
    "obsfs",
    "onedriver",
    "rclone",
    "s3fs",
    "s3ql",
    "seaweedfs",
    "smbnetfs",
    "sshfs",
    "vmhgfs",
];

/// What to say to a person whose workspace lies on a network file system. `None` where it does not, or where the system
/// does not tell (only Linux does).
pub fn network_warning(workspace: &Path) -> Option<UserError> {
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    let folder = workspace.parent()?.canonicalize().ok()?;
    let kind = network_kind(&mounts, &folder)?;
    let what = format!(
        "the workspace {} lies on a network file system ({})",
        workspace.display(),
        safe_line(&kind)
    );
    Some(UserError::new(what).hint(
        "labels may be lost there when several work at once or the line fails: move it to a local disk, and name it \
         with --workspace; labels are shared through the output",
    ))
}

/// The kind of the file system that holds a path, by `/proc/self/mountinfo`, if it is one of the network.
fn network_kind(mounts: &[u8], path: &Path) -> Option<String> {
    let path = path.as_os_str().as_bytes();
    let mut found: Option<(usize, String)> = None;
    for line in mounts.split(|byte| *byte == b'\n') {
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let (Some(point), Some(dash)) = (words.get(4), words.iter().position(|word| *word == b"-"))
        else {
            continue;
        };
        let Some(kind) = words.get(dash + 1) else { continue };
        let point = unescaped(point);
        let holds = point == b"/"
            || (path.starts_with(&point) && matches!(path.get(point.len()), None | Some(b'/')));
        // Of two on one point, the later one hides the other.
        if holds && found.as_ref().is_none_or(|(length, _)| point.len() >= *length) {
            found = Some((point.len(), String::from_utf8_lossy(kind).into_owned()));
        }
    }
    let (_, kind) = found?;
    let fuse = kind
        .strip_prefix("fuse.")
        .is_some_and(|program| FUSE.iter().any(|known| program.starts_with(known)));
    (fuse || NETWORK.contains(&kind.as_str())).then_some(kind)
}

/// Spaces and the like are written as `\040`.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(word.len()), word);
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|digits| *first == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        let (byte, after) = octal.map_or((*first, tail), |digits| {
            let value = digits
                .iter()
                .fold(0_u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0'));
            (value, &tail[3..])
        });
        bytes.push(byte);
        rest = after;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 0:20 / / rw shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /home rw - nfs4 server:/home rw
31 30 0:31 / /home/ann/local rw master:1 propagate_from:2 - xfs /dev/sdb1 rw
32 22 0:32 / /mnt/my\\040share rw - cifs //server/share rw
33 22 0:33 / /media/ssh rw - fuse.sshfs ann@server: rw
34 22 0:34 / /media/disk rw - fuse.ntfs-3g /dev/sdc1 rw
35 22 0:35 / /data rw - nfs server:/data rw
36 22 0:36 / /data rw - ext4 /dev/sdd1 rw
not a line
";

    fn kind(path: &str) -> Option<String> {
        network_kind(MOUNTS.as_bytes(), Path::new(path))
    }

    #[test]
    fn the_nearest_mount_decides() {
        assert_eq!(kind("/home/ann/.local/share").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ann/local/share"), None);
        assert_eq!(kind("/homes/ann"), None);
        assert_eq!(kind("/mnt/my share").as_deref(), Some("cifs"));
        assert_eq!(kind("/mnt/my"), None);
        assert_eq!(kind("/media/ssh/x").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/media/disk/x"), None);
        assert_eq!(kind("/data/x"), None, "what was mounted over it counts");
        assert_eq!(network_kind(b"\n\n- \n 1 2 3 / -", Path::new("/")), None);
    }
}

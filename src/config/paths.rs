//! The folders of this account: XDG everywhere, on macOS too.

use etcetera::{BaseStrategy, choose_base_strategy};
use std::path::PathBuf;

/// The folders that belong to earmark; none is made by asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Workspaces and the list of datasets.
    pub data: PathBuf,
    /// `config.toml` and `keymap.toml`.
    pub config: PathBuf,
    /// Logs.
    pub state: PathBuf,
    /// Sockets.
    pub runtime: PathBuf,
    /// Audio from buckets, kept for a while.
    pub cache: PathBuf,
}

/// No folder can be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this account has no home folder")]
pub struct PathsError;

impl PathsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some("set HOME to a folder that you may write to".to_owned())
    }
}

impl Paths {
    /// The folders of the account that runs this process.
    ///
    /// # Errors
    /// When the account has no home folder.
    pub fn of_this_account() -> Result<Self, PathsError> {
        choose_base_strategy().map(|base| Self::of(&base)).map_err(|_| PathsError)
    }

    fn of(base: &impl BaseStrategy) -> Self {
        let state = base.state_dir().unwrap_or_else(|| base.data_dir()).join("earmark");
        Self {
            data: base.data_dir().join("earmark"),
            config: base.config_dir().join("earmark"),
            runtime: base
                .runtime_dir()
                .map_or_else(|| state.join("run"), |dir| dir.join("earmark")),
            state,
            cache: base.cache_dir().join("earmark"),
        }
    }

    /// The user's settings.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's keys.
    pub fn keymap_file(&self) -> PathBuf {
        self.config.join("keymap.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// An account on a server: no folder for sockets.
    struct Server;

    impl BaseStrategy for Server {
        fn home_dir(&self) -> &Path {
            Path::new("/home/ann")
        }
        fn config_dir(&self) -> PathBuf {
            "/home/ann/.config".into()
        }
        fn data_dir(&self) -> PathBuf {
            "/home/ann/.local/share".into()
        }
        fn cache_dir(&self) -> PathBuf {
            "/home/ann/.cache".into()
        }
        fn state_dir(&self) -> Option<PathBuf> {
            Some("/home/ann/.local/state".into())
        }
        fn runtime_dir(&self) -> Option<PathBuf> {
            None
        }
    }

    #[test]
    fn without_a_runtime_folder_sockets_live_beside_the_logs() {
        let paths = Paths::of(&Server);
        assert_eq!(paths.data, Path::new("/home/ann/.local/share/earmark"));
        assert_eq!(paths.config_file(), Path::new("/home/ann/.config/earmark/config.toml"));
        assert_eq!(paths.keymap_file(), Path::new("/home/ann/.config/earmark/keymap.toml"));
        assert_eq!(paths.runtime, Path::new("/home/ann/.local/state/earmark/run"));
    }
}

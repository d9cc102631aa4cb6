//! The folders that one instance has to itself.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{At, Result};
use crate::root::Root;

/// Asterisk's data folder in Debian.
const STOCK_DATA: &str = "/usr/share/asterisk";

/// An instance's folder, seen from both sides of the chroot.
#[derive(Clone, Debug)]
pub(crate) struct Dirs {
    pub(crate) host: PathBuf,
    pub(crate) inner: PathBuf,
}

impl Dirs {
    /// Makes the folder with everything but configuration in it.
    pub(crate) fn create(root: &Root) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let all = root.host_path("/srv/pbx");
        remove_leftovers(&all);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{count}", std::process::id());
        let dirs = Self {
            host: all.join(&name),
            inner: Path::new("/srv/pbx").join(&name),
        };
        // A former process may have had the same id and kept its folder.
        let _ = fs::remove_dir_all(&dirs.host);
        for dir in [
            "etc",
            "log/cdr-csv",
            "log/cdr-custom",
            "spool/voicemail/default",
            "spool/outgoing",
            "spool/tmp",
            "spool/monitor",
            "run",
            "db",
            "lib",
            "cache",
            "modules",
            "data/documentation/thirdparty",
        ] {
            let dir = dirs.host.join(dir);
            fs::create_dir_all(&dir).at(&dir)?;
        }
        link_all(root, &root.module_dir()?, &dirs.host.join("modules"))?;
        let stock = Path::new(STOCK_DATA);
        link_all(root, stock, &dirs.host.join("data"))?;
        link_all(
            root,
            &stock.join("documentation"),
            &dirs.host.join("data/documentation"),
        )?;
        Ok(dirs)
    }

    /// `asterisk.conf` for these folders; `options` are further lines of its
    /// `[options]`.
    pub(crate) fn asterisk_conf(&self, options: &str) -> String {
        let at = |name: &str| self.inner.join(name).display().to_string();
        format!(
            "[directories]\n\
             astcachedir => {}\nastetcdir => {}\nastmoddir => {}\nastvarlibdir => {}\n\
             astdbdir => {}\nastkeydir => {}\nastdatadir => {}\nastagidir => {}\n\
             astspooldir => {}\nastrundir => {}\nastlogdir => {}\nastsbindir => /usr/sbin\n\n\
             [options]\nverbose=5\nnocolor=yes\nautosystemname=no\nsystemname=pbx\n\
             documentation_language=en_US\nhideconnect=yes\n{options}",
            at("cache"),
            at("etc"),
            at("modules"),
            at("lib"),
            at("db"),
            at("lib"),
            at("data"),
            at("data/agi-bin"),
            at("spool"),
            at("run"),
            at("log"),
        )
    }
}

/// Links to every entry of `from` (a path within the root) that `to` lacks.
fn link_all(root: &Root, from: &Path, to: &Path) -> Result<()> {
    let source = root.host_path(from);
    for entry in fs::read_dir(&source).at(&source)?.flatten() {
        let link = to.join(entry.file_name());
        if !link.exists() {
            symlink(from.join(entry.file_name()), &link).at(&link)?;
        }
    }
    Ok(())
}

/// Removes what processes left behind that were killed before they could tidy
/// up, but for what was kept on purpose.
fn remove_leftovers(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|n| n.split('-').next())
            .unwrap_or_default();
        let dir = entry.path();
        if !Path::new("/proc").join(owner).exists() && !dir.join(KEPT).exists() {
            let _ = fs::remove_dir_all(dir);
        }
    }
}

/// A file of this name marks a folder that was kept on purpose.
pub(crate) const KEPT: &str = "kept";

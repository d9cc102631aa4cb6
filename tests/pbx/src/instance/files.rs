//! What lies in an instance's folder: configuration, modules, logs, records.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Pbx;
use super::builder::DialplanText;
use super::cdr::{self, Cdr};
use crate::conf;
use crate::error::{At, Result};
use crate::root::tail;

impl Pbx {
    pub(super) fn configure(&self) -> Result<()> {
        let b = &self.builder;
        let extensions = match &b.dialplan {
            DialplanText::Standard(dialplan) => dialplan.text(b.shape, b.phones.clone()),
            DialplanText::Own(text) => text.clone(),
        };
        let own = b.modules.iter().map(|(name, _)| name.as_str());
        let generated = [
            ("asterisk.conf", self.dirs.asterisk_conf(&b.options)),
            ("extensions.conf", extensions),
            ("http.conf", conf::http_conf(self.http)),
            ("manager.conf", conf::manager_conf(self.ami)),
            ("modules.conf", conf::modules_conf(own)),
            (
                "pjsip.conf",
                conf::pjsip_conf(
                    self.sip,
                    self.trunk.address(),
                    b.shape.phones(),
                    b.phones.clone(),
                ),
            ),
        ];
        for (name, text) in conf::static_files(b.shape).into_iter().chain(generated) {
            if !b.etc.contains_key(name) {
                self.write_etc(name, &text)?;
            }
        }
        for (name, text) in &b.etc {
            self.write_etc(name, text)?;
        }
        for (name, file) in &b.modules {
            if let Some(file) = file {
                self.install_module(name, file)?;
            }
        }
        for xml in &b.documentation {
            let to = self
                .path("data/documentation/thirdparty")
                .join(xml.file_name().unwrap_or_default());
            fs::copy(xml, &to).at(xml)?;
        }
        Ok(())
    }

    /// Path on the host of a file in the instance's folder: `etc/…`, `log/…`,
    /// `spool/…`, `run/…`, `db/…`, `lib/…`, `modules/…`, `data/…`.
    pub fn path(&self, below: &str) -> PathBuf {
        self.dirs.host.join(below)
    }

    /// The same file's path as Asterisk sees it.
    pub fn inner_path(&self, below: &str) -> PathBuf {
        self.dirs.inner.join(below)
    }

    /// Writes or replaces a configuration file; Asterisk rereads it when told to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_etc(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path("etc").join(name);
        fs::write(&path, text).at(&path)
    }

    /// Copies a shared object into the modules' folder, as a new file: a module
    /// that is loaded keeps the old one.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn install_module(&self, name: &str, file: &Path) -> Result<()> {
        let to = self.path("modules").join(name);
        let part = to.with_extension("part");
        fs::copy(file, &part).at(file)?;
        fs::rename(&part, &to).at(&to)
    }

    /// Everything Asterisk has logged since its folder was made, verbose and
    /// debug messages too.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.path("log/full")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asterisk's call records, once there are `count` of them.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`], or an unreadable file.
    pub fn cdrs(&self, count: usize, patience: Duration) -> Result<Vec<Cdr>> {
        let path = self.path("log/cdr-csv/Master.csv");
        let enough = || cdr::read(&path).is_ok_and(|cdrs| cdrs.len() >= count);
        let waited = crate::wait::eventually(&format!("{count} call records"), patience, enough);
        let cdrs = cdr::read(&path)?;
        waited.map(|()| cdrs)
    }

    pub(super) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let loud: Vec<&str> = lines
            .iter()
            .copied()
            .filter(|l| l.contains("ERROR[") || l.contains("WARNING["))
            .collect();
        let last =
            |lines: &[&str], count: usize| lines[lines.len().saturating_sub(count)..].join("\n");
        format!(
            "{}\nwarnings and errors in it:\n{}\nend of its console:\n{}",
            last(&lines, 20),
            last(&loud, 20),
            tail(&self.path("log/console"), 10)
        )
    }
}

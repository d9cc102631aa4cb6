//! The Debian root that Asterisk runs in: built once per machine, shared by all
//! checkouts, never changed afterwards except below `/srv/pbx`.

mod mirror;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{At, Error, Result};

/// Debian suite with Asterisk 22.
const SUITE: &str = "forky";
/// What runs in the root.
const PACKAGES: &[&str] = &["asterisk"];
/// Holds Asterisk's headers. Unpacked, not installed: it would bring a whole
/// compiler, and nothing is compiled in the root.
const HEADERS: &str = "asterisk-dev";
/// For [`Kind::Debug`]: programs that look into a running Asterisk.
const DEBUG_PACKAGES: &[&str] = &["valgrind", "gdb", "libc6-dbg"];
/// To be raised when the recipe below changes what ends up in the root.
const RECIPE: u32 = 2;

/// What a root is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asterisk and its headers.
    Plain,
    /// Also valgrind and gdb; built on first use.
    Debug,
}

/// A prepared Debian root.
#[derive(Clone, Debug)]
pub struct Root {
    dir: PathBuf,
}

/// Where roots and headers are kept: `ANSITEL_PBX_CACHE`, or
/// `/var/cache/ansitel-private-pbx`.
pub fn cache_dir() -> PathBuf {
    std::env::var_os("ANSITEL_PBX_CACHE")
        .filter(|v| !v.is_empty())
        .map_or_else(
            || PathBuf::from("/var/cache/ansitel-private-pbx"),
            PathBuf::from,
        )
}

/// Folder that holds only `asterisk.h` and `asterisk/`, at the same path as
/// long as the cache is: `<cache>/current/include`.
pub fn include_dir() -> PathBuf {
    cache_dir().join("current/include")
}

impl Root {
    /// Returns the root, building it first when this machine has none.
    ///
    /// Building needs the network (the machine's own Debian mirror), takes
    /// about a minute and says so on standard error. Other processes that ask
    /// meanwhile wait.
    ///
    /// # Errors
    /// [`Error::NotRoot`], a missing program, no mirror, or mmdebstrap's own words.
    pub fn prepare(kind: Kind) -> Result<Self> {
        if !is_root() {
            return Err(Error::NotRoot);
        }
        let cache = cache_dir();
        fs::create_dir_all(&cache).at(&cache)?;
        let home = cache.join(key(kind));
        let root = Self {
            dir: home.join("root"),
        };
        if !home.is_dir() {
            let lock_path = cache.join("lock");
            let lock = File::create(&lock_path).at(&lock_path)?;
            if lock.try_lock().is_err() {
                say("another process is preparing the private Asterisk; waiting for it");
                lock.lock().at(&lock_path)?;
            }
            if !home.is_dir() {
                build(&home, kind)?;
            }
        }
        if kind == Kind::Plain {
            point_current_at(&cache, &home)?;
        }
        root.know_this_host()?;
        Ok(root)
    }

    /// The root's path on the host.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path on the host of an absolute path within the root.
    pub fn host_path(&self, inner: impl AsRef<Path>) -> PathBuf {
        let inner = inner.as_ref();
        self.dir.join(inner.strip_prefix("/").unwrap_or(inner))
    }

    /// Folder, within the root, of the modules that Debian's Asterisk has.
    ///
    /// # Errors
    /// When the root holds no Asterisk.
    pub fn module_dir(&self) -> Result<PathBuf> {
        let lib = self.dir.join("usr/lib");
        for entry in fs::read_dir(&lib).at(&lib)?.flatten() {
            let modules = entry.path().join("asterisk/modules");
            if modules.is_dir() {
                let inner = modules.strip_prefix(&self.dir).expect("below the root");
                return Ok(Path::new("/").join(inner));
            }
        }
        Err(Error::Gone(format!(
            "no Asterisk modules below {}",
            lib.display()
        )))
    }

    /// Without its name in `/etc/hosts`, every call waits for DNS.
    fn know_this_host(&self) -> Result<()> {
        let path = self.dir.join("etc/hosts");
        let hosts = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => "127.0.0.1\tlocalhost\n".into(),
            other => other.at(&path)?,
        };
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = name.trim();
        let known = hosts
            .lines()
            .any(|l| l.split_whitespace().skip(1).any(|n| n == name));
        if !name.is_empty() && !known {
            let part = path.with_extension(format!("part{}", std::process::id()));
            fs::write(&part, format!("{hosts}127.0.1.1\t{name}\n")).at(&part)?;
            fs::rename(&part, &path).at(&path)?;
        }
        Ok(())
    }
}

/// Whether this process may build and enter a root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn packages(kind: Kind) -> Vec<&'static str> {
    let debug = if kind == Kind::Debug {
        DEBUG_PACKAGES
    } else {
        &[]
    };
    PACKAGES.iter().chain(debug).copied().collect()
}

/// Changes with everything that decides what a root holds.
fn key(kind: Kind) -> String {
    let text = format!("{SUITE} {RECIPE} {}", packages(kind).join(" "));
    // FNV-1a: the same in every build of every toolchain, unlike std's hasher.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{SUITE}-{hash:016x}")
}

fn build(home: &Path, kind: Kind) -> Result<()> {
    let started = Instant::now();
    let mirror = mirror::of_machine(Path::new("/etc/apt")).ok_or(Error::NoMirror)?;
    say(&format!(
        "preparing a Debian root with Asterisk 22 in {} (once per machine, about 100 MB from {mirror})",
        home.display()
    ));
    let part = home.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part).at(&part)?;
    }
    fs::create_dir_all(&part).at(&part)?;
    let log_path = part.join("build.log");
    let log = File::create(&log_path).at(&log_path)?;
    let mut child = Command::new("mmdebstrap")
        .args(["--variant=essential", "--components=main"])
        .arg("--aptopt=APT::Install-Recommends \"false\"")
        // A mirror that is frozen in time is still good to build from.
        .arg("--aptopt=Acquire::Check-Valid-Until \"false\"")
        .arg(format!("--include={}", packages(kind).join(",")))
        .arg(format!(
            "--customize-hook=cd \"$1/tmp\" && APT_CONFIG=\"$MMDEBSTRAP_APT_CONFIG\" apt-get download {HEADERS} \
             && dpkg-deb --extract {HEADERS}_*.deb \"$1\" && rm {HEADERS}_*.deb"
        ))
        .arg(SUITE)
        .arg(part.join("root"))
        .arg(&mirror)
        .stdin(Stdio::null())
        .stdout(log.try_clone().at(&log_path)?)
        .stderr(log)
        .spawn()
        .map_err(|_| Error::MissingProgram {
            program: "mmdebstrap".into(),
        })?;
    let mut told = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().at("mmdebstrap")? {
            break status;
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            say(&format!(
                "{:>3} s: {}",
                started.elapsed().as_secs(),
                last_line(&log_path)
            ));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        let output = tail(&log_path, 30);
        return Err(Error::Failed {
            what: "mmdebstrap".into(),
            status: status.to_string(),
            output,
        });
    }
    link_headers(&part)?;
    fs::create_dir_all(part.join("root/srv/pbx")).at(&part)?;
    fs::rename(&part, home).at(home)?;
    say(&format!("prepared in {} s", started.elapsed().as_secs()));
    Ok(())
}

/// `include/` with Asterisk's headers alone: beside them, the root's libc
/// headers would win over the machine's and break compilation.
fn link_headers(home: &Path) -> Result<()> {
    let include = home.join("include");
    fs::create_dir_all(&include).at(&include)?;
    for name in ["asterisk.h", "asterisk"] {
        let link = include.join(name);
        symlink(Path::new("../root/usr/include").join(name), &link).at(&link)?;
    }
    Ok(())
}

fn point_current_at(cache: &Path, home: &Path) -> Result<()> {
    let current = cache.join("current");
    let name = Path::new(home.file_name().expect("a root has a name"));
    if fs::read_link(&current).is_ok_and(|to| to == name) {
        return Ok(());
    }
    let part = cache.join(format!("current.part{}", std::process::id()));
    let _ = fs::remove_file(&part);
    symlink(name, &part).at(&part)?;
    fs::rename(&part, &current).at(&current)
}

/// The last `count` lines of a file, as much as can be read.
pub(crate) fn tail(path: &Path, count: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn last_line(path: &Path) -> String {
    tail(path, 1).chars().take(100).collect()
}

fn say(text: &str) {
    eprintln!("private-pbx: {text}");
}

//! A running Asterisk with folders, ports and configuration of its own.

mod builder;
mod cdr;
mod cli;
mod crash;
mod dirs;
mod files;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use builder::Builder;
pub use cdr::Cdr;
use dirs::{Dirs, KEPT};

use crate::error::{At, Error, Result};
use crate::process;
use crate::root::Root;
use crate::sip::{Phone, Trunk};

/// How long a stop may take before the process is killed.
const STOPPING: Duration = Duration::from_secs(20);

/// A private Asterisk. It is killed and its folder removed when this is
/// dropped; the folder stays when the test panics or `ANSITEL_PBX_KEEP` is set.
#[derive(Debug)]
pub struct Pbx {
    root: Root,
    dirs: Dirs,
    builder: Builder,
    sip: SocketAddr,
    http: Option<SocketAddr>,
    ami: Option<SocketAddr>,
    trunk: Trunk,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    crash: Option<String>,
}

impl Pbx {
    /// Settings to start from.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn create(builder: Builder) -> Result<Self> {
        let root = Root::prepare(builder.kind)?;
        let dirs = Dirs::create(&root)?;
        let ports = Ports::find(own_address())?;
        let pbx = Self {
            sip: ports.sip,
            trunk: Trunk::open(ports.sip)?,
            http: builder.http.then_some(ports.http),
            ami: builder.ami.then_some(ports.ami),
            root,
            dirs,
            builder,
            state: Mutex::default(),
        };
        pbx.configure()?;
        pbx.start()?;
        Ok(pbx)
    }

    /// Starts Asterisk again in the same folder, on the same ports, after
    /// [`Pbx::stop`] or [`Pbx::kill`], and waits until it has fully booted.
    ///
    /// # Errors
    /// The end of its log when it ends or does not answer.
    pub fn start(&self) -> Result<()> {
        let console = self.path("log/console");
        let output = fs::File::create(&console).at(&console)?;
        let mut command = self.command();
        command.stdin(std::process::Stdio::null());
        command
            .stdout(output.try_clone().at(&console)?)
            .stderr(output);
        let child = process::spawn(command).map_err(|_| Error::MissingProgram {
            program: "setpriv".into(),
        })?;
        *self.state() = State {
            child: Some(child),
            crash: None,
        };
        let deadline = Instant::now() + self.builder.patience;
        // It calls itself booted a moment before the last commands are there.
        self.await_answer("core waitfullybooted", deadline, |answer| {
            answer.contains("fully booted")
        })?;
        self.await_answer("core show version", deadline, |answer| {
            answer.starts_with("Asterisk ")
        })
    }

    /// Repeats a command until its answer is `good`.
    fn await_answer(
        &self,
        line: &str,
        deadline: Instant,
        good: impl Fn(&str) -> bool,
    ) -> Result<()> {
        loop {
            let answer = cli::command(&self.path("run"), line, self.builder.patience);
            match answer {
                Ok(answer) if good(&answer) => return Ok(()),
                // Not listening yet, or cut off because it ends.
                _ if self.is_running() && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(answer) => return Err(self.gone(&std::io::Error::other(answer))),
                Err(e) => return Err(self.gone(&e)),
            }
        }
    }

    /// `setpriv` → (`unshare` →) `chroot` → `env` → (wrapper →) `asterisk`: each
    /// replaces itself with the next, so the child's pid is Asterisk's.
    fn command(&self) -> std::process::Command {
        let root = self.root.dir();
        let mut command = if self.builder.wrapper.is_empty() {
            let mut command = process::command("chroot");
            command.arg(root);
            command
        } else {
            // valgrind looks into /proc.
            let mut command = process::command("unshare");
            let script = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" \"$@\"";
            command
                .args(["--mount", "--", "sh", "-c", script])
                .arg(root);
            command
        };
        command
            .arg("env")
            .arg("-C")
            .arg(self.dirs.inner.join("log"));
        command.args(
            self.builder
                .env
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        command.args(&self.builder.wrapper);
        command
            .arg("/usr/sbin/asterisk")
            .arg("-C")
            .arg(self.dirs.inner.join("etc/asterisk.conf"));
        command.args(["-f", "-g"]);
        command
    }

    /// Runs a command on Asterisk's command line and returns what it prints.
    ///
    /// # Errors
    /// When Asterisk is gone, with [`Pbx::crashed`]'s text, or silent for a minute.
    pub fn cli(&self, line: &str) -> Result<String> {
        let patience = self.builder.patience * 2;
        cli::command(&self.path("run"), line, patience).map_err(|e| self.gone(&e))
    }

    fn gone(&self, e: &std::io::Error) -> Error {
        let crash = self
            .crashed()
            .unwrap_or_else(|| format!("end of its log:\n{}", self.log_tail()));
        Error::Gone(format!("{e}; {crash}"))
    }

    /// `core stop now`, and waits for the end.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it had to be killed after 20 s, or
    /// [`Error::Gone`] when it crashed instead of stopping.
    pub fn stop(&self) -> Result<()> {
        self.cli("core stop now")?;
        self.wait_end(STOPPING)
    }

    /// Waits until Asterisk has ended, for example after `core stop gracefully`.
    ///
    /// # Errors
    /// As [`Pbx::stop`].
    pub fn wait_end(&self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() > deadline {
                self.kill();
                return Err(Error::timeout(
                    "Asterisk's end",
                    patience,
                    format!("\n{}", self.log_tail()),
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        match self.crashed() {
            Some(crash) => Err(Error::Gone(crash)),
            None => Ok(()),
        }
    }

    /// Kills Asterisk at once, as a power cut would.
    pub fn kill(&self) {
        if let Some(mut child) = self.state().child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// [`Pbx::stop`], then [`Pbx::start`].
    ///
    /// # Errors
    /// As both.
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        self.start()
    }

    /// Asterisk's process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.is_running()
            .then(|| self.state().child.as_ref().map(Child::id))?
    }

    /// Whether Asterisk's process is there.
    pub fn is_running(&self) -> bool {
        let mut state = self.state();
        let Some(child) = &mut state.child else {
            return false;
        };
        match child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                state.child = None;
                if !status.success() {
                    let log = self.log_tail();
                    state.crash = Some(crash::report(&self.root, &self.path("log"), status, &log));
                }
                false
            }
            Err(_) => false,
        }
    }

    /// How Asterisk ended, if it did so by a signal or an error that nobody
    /// here caused; with a backtrace where a core file and gdb are to be had.
    pub fn crashed(&self) -> Option<String> {
        self.is_running();
        self.state().crash.clone()
    }

    /// The Debian root it runs in.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Where Asterisk takes SIP over UDP.
    pub fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// The SIP provider that this Asterisk is connected to.
    pub fn trunk(&self) -> &Trunk {
        &self.trunk
    }

    /// Switches on a phone of `extension` (one of [`Builder::phones`]) and
    /// registers it; several of the same extension are several devices.
    ///
    /// # Errors
    /// When Asterisk refuses the registration.
    pub fn phone(&self, extension: &str) -> Result<Phone> {
        Phone::register(extension, self.sip)
    }

    /// Where its HTTP server listens, if asked for.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where its manager interface listens, if asked for.
    pub fn ami(&self) -> Option<SocketAddr> {
        self.ami
    }

    /// A shell command that opens Asterisk's command line.
    pub fn cli_command(&self) -> String {
        let conf = self.inner_path("etc/asterisk.conf");
        format!(
            "chroot {} asterisk -r -C {}",
            self.root.dir().display(),
            conf.display()
        )
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        let crash = self.crashed();
        self.kill();
        let wanted = std::env::var_os("ANSITEL_PBX_KEEP").is_some_and(|v| !v.is_empty());
        if wanted || std::thread::panicking() {
            let _ = fs::write(self.path(KEPT), "");
            eprintln!("private-pbx: kept {}", self.dirs.host.display());
        } else {
            let _ = fs::remove_dir_all(&self.dirs.host);
        }
        if let Some(crash) = crash {
            eprintln!("private-pbx: {crash}");
        }
    }
}

/// A loopback address that no other instance has: between our look at a port and Asterisk's,
/// nobody else listens there or connects from there, as the whole machine does at 127.0.0.1.
fn own_address() -> Ipv4Addr {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // 22 bits: process ids in their usual range, and 64 instances each before any is repeated.
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = (std::process::id() & 0xffff) << 6 | (count & 0x3f);
    Ipv4Addr::from(Ipv4Addr::new(127, 64, 0, 0).to_bits() | own)
}

/// Where one instance listens.
struct Ports {
    sip: SocketAddr,
    http: SocketAddr,
    ami: SocketAddr,
}

impl Ports {
    fn find(own: Ipv4Addr) -> Result<Self> {
        let tcp = || TcpListener::bind((own, 0)).at("a free TCP port");
        // Both held until each is known: the kernel gives a port that is free again at once.
        let (http, ami) = (tcp()?, tcp()?);
        let sip = UdpSocket::bind((own, 0)).at("a free UDP port")?;
        Ok(Self {
            sip: sip.local_addr().at("a UDP port")?,
            http: http.local_addr().at("a TCP port")?,
            ami: ami.local_addr().at("a TCP port")?,
        })
    }
}

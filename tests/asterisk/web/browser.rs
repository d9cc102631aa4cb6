//! Chromium without a window, and what a test does with it.

use crate::scene::PATIENCE;
use fantoccini::wd::{Capabilities, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::fs;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{self, Runtime};

/// How often a condition of the page is looked at.
const STEP: Duration = Duration::from_millis(30);

/// Where screenshots are kept.
fn screenshots() -> PathBuf {
    let folder = target().join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn target() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    while path
        .file_name()
        .is_some_and(|name| name != "debug" && name != "release")
    {
        path.pop();
    }
    path.pop();
    path
}

/// The accessibility checker, which `scripts/clients` installs.
fn axe() -> String {
    let file = target().join("clients/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; run scripts/clients", file.display()))
}

struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        // It takes the browser with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the driver, on a port of its choice; `None`: somebody else took that port meanwhile.
fn drive() -> Option<(Driver, u16)> {
    let child = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver: run scripts/packages chromium chromium-driver");
    let mut driver = Driver(child);
    let mut lines = BufReader::new(driver.0.stdout.take()?).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })?;
    // Whatever else it says must not fill the pipe.
    thread::spawn(move || lines.count());
    Some((driver, port))
}

/// What the browser is to be like.
pub struct Look {
    pub language: &'static str,
    pub width: u32,
    pub height: u32,
    pub is_dark: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            language: "en",
            width: 1280,
            height: 900,
            is_dark: false,
        }
    }
}

/// A browser; closed at the end, however the test ends.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    _driver: Driver,
}

impl Browser {
    /// One that speaks English, on a desk.
    pub fn start() -> Browser {
        Browser::like(&Look::default())
    }

    pub fn like(look: &Look) -> Browser {
        let (driver, port) = (0..5)
            .find_map(|_| drive())
            .expect("chromedriver tells its port");
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            // Tests run as root.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--window-size={},{}", look.width, look.height),
            format!("--lang={}", look.language),
            format!("--accept-lang={}", look.language),
        ];
        if look.is_dark {
            arguments.push("--force-dark-mode".to_owned());
        }
        let mut options = json!({
            "args": arguments,
            "prefs": {"intl.accept_languages": look.language},
        });
        // Narrower than a window of Chromium's may be.
        if look.width < 500 {
            options["mobileEmulation"] = json!({"deviceMetrics":
                {"width": look.width, "height": look.height, "pixelRatio": 2.0}});
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        capabilities.insert("goog:loggingPrefs".into(), json!({"browser": "ALL"}));
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&format!("http://localhost:{port}")),
            )
            .expect("a session of Chromium");
        Browser {
            runtime,
            client,
            _driver: driver,
        }
    }

    fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    pub fn open(&self, url: &str) {
        self.wait(self.client.goto(url)).unwrap();
    }

    /// Runs a function's body.
    pub fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.wait(self.client.execute(script, arguments))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a script says what is wanted, or gives up with the page's text.
    fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            if Instant::now() > deadline {
                self.screenshot("failed");
                panic!(
                    "{what} not within {PATIENCE:?}; the page says:\n{}",
                    self.text()
                );
            }
            thread::sleep(STEP);
        }
    }

    /// All text that is seen.
    pub fn text(&self) -> String {
        let text = self.run("return document.body.innerText", vec![]);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this text.
    pub fn sees(&self, text: &str) {
        self.until(&format!("{text:?}"), || self.text().contains(text));
    }

    /// Waits until the page shows this text no more.
    pub fn misses(&self, text: &str) {
        self.until(&format!("no {text:?}"), || !self.text().contains(text));
    }

    /// Waits until an element's text holds this.
    pub fn sees_in(&self, css: &str, text: &str) {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')";
        self.until(&format!("{text:?} in {css}"), || {
            let said = self.run(script, vec![css.into()]);
            said.as_str().is_some_and(|said| said.contains(text))
        });
    }

    /// Presses the button or link with this name, as soon as there is one; where there are
    /// several, the first.
    pub fn press(&self, name: &str) {
        let script = "
            const named = [...document.querySelectorAll('button, a, summary')].filter((e) =>
                e.checkVisibility() && !e.disabled &&
                (e.getAttribute('aria-label') ?? e.innerText).trim() === arguments[0]);
            const top = document.querySelector('dialog[open]');
            const one = named.find((e) => !top || top.contains(e));
            if (one) { one.scrollIntoView({block: 'center'}); one.focus(); one.click(); }
            return Boolean(one)";
        self.until(&format!("a button {name:?}"), || {
            self.run(script, vec![name.into()]) == Value::Bool(true)
        });
    }

    /// Is there such a button or link?
    pub fn has(&self, name: &str) -> bool {
        let script = "return [...document.querySelectorAll('button, a')].some((e) =>
            e.checkVisibility() && (e.getAttribute('aria-label') ?? e.innerText).trim() === arguments[0])";
        self.run(script, vec![name.into()]) == Value::Bool(true)
    }

    /// Waits until there is no such button or link any more.
    pub fn gone(&self, name: &str) {
        self.until(&format!("no button {name:?}"), || !self.has(name));
    }

    /// Types into a field in place of what is there, key by key.
    pub fn fill(&self, id: &str, text: &str) {
        self.until(&format!("a field {id}"), || {
            let script = "const e = document.getElementById(arguments[0]);
                if (!e?.checkVisibility() || e.disabled) return false;
                e.scrollIntoView({block: 'center'}); return true";
            self.run(script, vec![id.into()]) == Value::Bool(true)
        });
        self.wait(async {
            let field = self.client.find(Locator::Id(id)).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
        .unwrap_or_else(|error| panic!("{id}: {error}"));
    }

    /// Chooses in a list.
    pub fn choose(&self, id: &str, value: &str) {
        let script = "const e = document.getElementById(arguments[0]);
            if (!e || ![...e.options].some((o) => o.value === arguments[1])) return false;
            e.value = arguments[1];
            e.dispatchEvent(new Event('change', {bubbles: true}));
            return true";
        self.until(&format!("{value} in {id}"), || {
            self.run(script, vec![id.into(), value.into()]) == Value::Bool(true)
        });
    }

    /// Ticks a box, or takes the tick away.
    pub fn tick(&self, id: &str) {
        let script = "const e = document.getElementById(arguments[0]);
            if (!e || e.disabled) return false;
            e.scrollIntoView({block: 'center'}); e.click(); return true";
        self.until(&format!("a box {id}"), || {
            self.run(script, vec![id.into()]) == Value::Bool(true)
        });
    }

    /// Opens what a field is folded into.
    pub fn unfold(&self, id: &str) {
        self.until_there(&format!("details #{id}"));
        let script = "document.getElementById(arguments[0]).closest('details').open = true";
        self.run(script, vec![id.into()]);
    }

    /// A field's value.
    pub fn value(&self, id: &str) -> String {
        let script = "const e = document.getElementById(arguments[0]);
            return e?.type === 'checkbox' ? String(e.checked) : e?.value ?? '(none)'";
        let value = self.run(script, vec![id.into()]);
        value.as_str().unwrap_or_default().to_owned()
    }

    /// What is told beside a field.
    pub fn problem(&self, option: &str) -> String {
        let script = "return document.getElementById(arguments[0])?.innerText ?? ''";
        let id = format!("field-{option}-problem");
        self.until(&format!("a problem of {option}"), || {
            self.run(script, vec![id.clone().into()]) != ""
        });
        let text = self.run(script, vec![id.into()]);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key, such as Tab or Enter, where the keyboard is.
    pub fn key(&self, key: &str) {
        self.wait(async {
            let active = self.client.active_element().await?;
            active.send_keys(key).await
        })
        .unwrap();
    }

    /// Waits until there is such an element.
    pub fn until_there(&self, css: &str) {
        let script = "return Boolean(document.querySelector(arguments[0]))";
        self.until(css, || {
            self.run(script, vec![css.into()]) == Value::Bool(true)
        });
    }

    /// Goes on with Tab until the keyboard is at the element with this name.
    pub fn tab_to(&self, name: &str) {
        let script = "const e = document.activeElement;
            return (e.getAttribute('aria-label') ?? e.innerText).trim() === arguments[0]";
        self.tab_until(name, script);
    }

    /// The same by the element's id.
    pub fn tab_to_id(&self, id: &str) {
        self.tab_until(id, "return document.activeElement.id === arguments[0]");
    }

    fn tab_until(&self, what: &str, script: &str) {
        for _ in 0..200 {
            if self.run(script, vec![what.into()]) == Value::Bool(true) {
                return;
            }
            self.key("\u{e004}");
        }
        panic!("{what} cannot be reached with Tab");
    }

    /// Says yes to the browser's own questions from now on.
    pub fn answer_yes(&self) {
        self.run("window.confirm = () => true", vec![]);
    }

    /// Waits until a field's value is this.
    pub fn until_value(&self, id: &str, value: &str) {
        self.until(&format!("{value:?} in {id}"), || self.value(id) == value);
    }

    /// Waits until it is at an address that begins like this.
    pub fn until_at(&self, address: &str) {
        self.until(address, || {
            let at = self.wait(self.client.current_url()).unwrap();
            at.as_str().starts_with(address)
        });
    }

    /// All cookies of the page, with what they say.
    pub fn cookies(&self) -> Vec<String> {
        let cookies = self.wait(self.client.get_all_cookies()).unwrap();
        cookies.iter().map(ToString::to_string).collect()
    }

    /// Another window of the same browser, with the same session.
    pub fn new_window(&self) -> WindowHandle {
        let before = self.wait(self.client.window()).unwrap();
        let new = self.wait(self.client.new_window(true)).unwrap();
        self.wait(self.client.switch_to_window(new.handle)).unwrap();
        before
    }

    pub fn switch_to(&self, window: WindowHandle) -> WindowHandle {
        let before = self.wait(self.client.window()).unwrap();
        self.wait(self.client.switch_to_window(window)).unwrap();
        before
    }

    /// Keeps a picture in target/screenshots, on a desk of the whole page.
    pub fn screenshot(&self, name: &str) {
        let size = "return [innerWidth, outerHeight - innerHeight + document.documentElement.scrollHeight]";
        let size = self.run(size, vec![]);
        let [width, height] = [0, 1].map(|at| size[at].as_u64().unwrap_or_default() as u32);
        let is_desk = width >= 500;
        if is_desk {
            self.wait(self.client.set_window_size(width, height.clamp(900, 6000)))
                .unwrap();
        }
        let picture = self.wait(self.client.screenshot()).unwrap();
        fs::write(screenshots().join(format!("{name}.png")), picture).unwrap();
    }

    /// Fails if the accessibility checker finds anything.
    pub fn check_accessibility(&self, what: &str) {
        if self.run("return typeof axe", vec![]) == "undefined" {
            self.run(&axe(), vec![]);
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ['violations']}).then((found) => done(
                found.violations.map((one) => `${one.id}: ${one.help}\\n` +
                    one.nodes.map((node) => `    ${node.html}\\n    ${node.failureSummary}`).join('\\n'))))";
        let found = self
            .wait(self.client.execute_async(script, vec![]))
            .unwrap();
        let found: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    }

    /// Fails if the page scrolls sideways.
    pub fn check_fits(&self, what: &str) {
        let script =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(self.run(script, vec![]), 0, "{what} is too wide");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

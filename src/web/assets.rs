//! The files of the page, inside the module.

use super::{Request, Response, hex};
use ring::digest;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// Kept by the browser, which asks each time whether it is still the same: a new build of the
/// module has new files at once.
const KEPT: &str = "no-cache";

macro_rules! files {
    ($($path:literal: $content_type:expr, $file:literal;)*) => {
        const FILES: &[(&str, &str, &str)] =
            &[$(($path, $content_type, include_str!(concat!("assets/", $file)))),*];
    };
}

files! {
    "": HTML, "index.html";
    "page.css": STYLE, "page.css";
    "icon.svg": IMAGE, "icon.svg";
    "app.js": SCRIPT, "app.js";
    "api.js": SCRIPT, "api.js";
    "ui.js": SCRIPT, "ui.js";
    "texts.js": SCRIPT, "texts.js";
    "texts_de.js": SCRIPT, "texts_de.js";
    "texts_en.js": SCRIPT, "texts_en.js";
    "users.js": SCRIPT, "users.js";
    "user_form.js": SCRIPT, "user_form.js";
    "fields.js": SCRIPT, "fields.js";
    "calls.js": SCRIPT, "calls.js";
    "settings.js": SCRIPT, "settings.js";
    "guard.js": SCRIPT, "guard.js";
}

/// The files with what tells one version from another.
pub struct Assets {
    tags: Vec<String>,
}

impl Default for Assets {
    fn default() -> Assets {
        let tag = |text: &str| {
            let digest = digest::digest(&digest::SHA256, text.as_bytes());
            format!("\"{}\"", hex(&digest.as_ref()[..8]))
        };
        Assets {
            tags: FILES.iter().map(|(.., text)| tag(text)).collect(),
        }
    }
}

impl Assets {
    /// The file of this path; `None`: there is none.
    pub fn get(&self, request: &Request) -> Option<Response> {
        let ((_, content_type, text), tag) = FILES
            .iter()
            .zip(&self.tags)
            .find(|((path, ..), _)| *path == request.path)?;
        let response = if request.header("If-None-Match") == Some(tag) {
            Response::text(304, content_type, KEPT, "")
        } else {
            Response::text(200, content_type, KEPT, *text)
        };
        Some(response.with("ETag", tag.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    #[test]
    fn the_whole_page_is_small() {
        let size = |wanted: &dyn Fn(&str) -> bool| -> usize {
            let files = FILES.iter().filter(|(path, ..)| wanted(path));
            files.map(|(.., text)| text.len()).sum()
        };
        let languages = ["texts_de.js", "texts_en.js"];
        // A browser loads one of them.
        let longest = languages.map(|path| size(&|known| known == path));
        let size = size(&|path| !languages.contains(&path)) + longest.into_iter().max().unwrap();
        assert!(size < 100_000, "{size} bytes");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let assets = Assets::default();
        let mut of = request("GET", "app.js");
        assert_eq!(assets.get(&of).unwrap().status, 200);
        of.headers = format!("If-None-Match: {}\n", assets.tags[3]).into();
        assert_eq!(assets.get(&of).unwrap().status, 304);
        for path in ["assets/app.js", "../app.js", "app.js/", "APP.JS", "."] {
            assert!(assets.get(&request("GET", path)).is_none(), "{path}");
        }
    }

    /// The policy forbids what stands inside a page, and every file that a page names exists.
    #[test]
    fn pages_hold_nothing_that_the_policy_forbids() {
        let (_, _, html) = FILES[0];
        assert!(!html.contains("<style") && !html.contains(" style="));
        assert!(!html.contains(" on") || !html.contains("onclick"));
        for (path, content_type, text) in FILES {
            if *content_type == SCRIPT {
                for import in text.lines().filter(|line| line.starts_with("import ")) {
                    let from = import.split('"').nth(1).unwrap();
                    let file = from.trim_start_matches("./");
                    assert!(
                        FILES.iter().any(|(known, ..)| *known == file),
                        "{path}: {import}"
                    );
                }
                assert!(
                    !text.contains("innerHTML") && !text.contains("eval("),
                    "{path}"
                );
            }
        }
    }
}

//! Which Debian mirror this machine uses.

use std::fs;
use std::path::Path;

/// First Debian mirror in the machine's apt sources, one-line or deb822.
///
/// The security archive and other vendors' archives are skipped: they have no
/// packages of the suite we need.
pub(super) fn of_machine(apt: &Path) -> Option<String> {
    let mut files = vec![apt.join("sources.list")];
    if let Ok(dir) = fs::read_dir(apt.join("sources.list.d")) {
        let mut more: Vec<_> = dir.flatten().map(|e| e.path()).collect();
        more.sort();
        files.extend(more);
    }
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        match file.extension()?.to_str()? {
            "sources" => in_deb822(&text),
            "list" => in_one_line(&text),
            _ => None,
        }
    })
}

/// `deb [options] URI suite components`.
fn in_one_line(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.split('#').next()?.trim();
        let rest = line
            .strip_prefix("deb")?
            .strip_prefix([' ', '\t'])?
            .trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        debian(rest.split_whitespace().next()?)
    })
}

/// Stanzas of `Key: value` lines, parted by empty lines.
fn in_deb822(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    lines.split(|l| l.trim().is_empty()).find_map(|stanza| {
        let field = |name: &str| {
            stanza.iter().find_map(|l| {
                let (key, value) = l.split_once(':')?;
                key.eq_ignore_ascii_case(name).then_some(value.trim())
            })
        };
        if !field("Types")?.split_whitespace().any(|t| t == "deb")
            || field("Enabled").is_some_and(|v| v.eq_ignore_ascii_case("no"))
        {
            return None;
        }
        field("URIs")?.split_whitespace().find_map(debian)
    })
}

fn debian(uri: &str) -> Option<String> {
    let path = uri.trim_end_matches('/');
    path.rsplit('/')
        .next()
        .filter(|last| *last == "debian")
        .map(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_formats_and_skips_other_archives() {
        let deb822 = "Types: deb\nURIs: https://deb.nodesource.com/node_20.x\nSuites: nodistro\n\n\
                      # a comment\nTypes: deb\nURIs: http://security.debian.org/debian-security\n\n\
                      Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\n";
        assert_eq!(
            in_deb822(deb822).as_deref(),
            Some("http://mirror.example/debian")
        );
        let list = "# deb http://old.example/debian stretch main\n\
                    deb-src http://src.example/debian bookworm main\n\
                    deb [arch=amd64 signed-by=/x.gpg] https://vendor.example/apt stable main\n\
                    deb [arch=amd64] http://mirror.example/debian bookworm main\n";
        assert_eq!(
            in_one_line(list).as_deref(),
            Some("http://mirror.example/debian")
        );
    }

    #[test]
    fn a_disabled_stanza_does_not_count() {
        assert_eq!(
            in_deb822("Types: deb\nEnabled: no\nURIs: http://a.example/debian\n"),
            None
        );
        assert_eq!(
            in_deb822("Types: deb-src\nURIs: http://a.example/debian\n"),
            None
        );
    }
}

//! Addresses, as an administrator writes them and as a login's answer names them: all readers
//! agree on the host, and a request really goes there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::config::host;
use res_ansitel_salesforce::salesforce::fuzzing;
use ureq::http::Uri;

fuzz_target!(|data: &[u8]| {
    let written = String::from_utf8_lossy(data);
    let trusted = ["salesforce.com".to_owned(), "127.0.0.1".to_owned()];
    for url in [written.to_string(), format!("https://{written}")] {
        let named = fuzzing::host_of(&url);
        let configured = host::parse(&url).ok();
        if let Some(named) = &named {
            assert_eq!(Some(named), configured.as_ref(), "{url}");
        }
        for host in named.iter().chain(&configured) {
            let request: Uri = format!("{}/services", fuzzing::origin(host))
                .parse()
                .unwrap();
            assert_eq!(request.host(), Some(host.name.as_str()), "{url}");
            assert_eq!(request.port_u16().unwrap_or(443), host.port, "{url}");
            assert_eq!(request.path(), "/services");
            let is_trusted = host::is_trusted(&host.name, &trusted);
            let is_ours = host.name == "salesforce.com"
                || host.name.ends_with(".salesforce.com")
                || host.name == "127.0.0.1";
            assert_eq!(is_trusted, is_ours, "{}", host.name);
        }
    }
});

//! Whom the client trusts: the system's certificate store, and `ca_file` beside it.
//!
//! The system's store is found as OpenSSL would find it, its variables `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` included. There is no way to switch checking off.

use super::SetupError;
use crate::files;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// The largest `ca_file` that is read, in bytes: all public authorities together take less than
/// a tenth of it.
const LARGEST: usize = 4 * 1024 * 1024;

/// The trusted certificates, as `ureq` wants them. A system without a store is no error here:
/// each connection then fails as not trusted, and `ca_file` alone may be enough.
pub(super) fn config(ca_file: Option<&Path>) -> Result<TlsConfig, SetupError> {
    let system = rustls_native_certs::load_native_certs();
    let mut roots: Vec<Certificate<'static>> = system
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    if let Some(path) = ca_file {
        roots.extend(read(path)?);
    }
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build())
}

fn read(path: &Path) -> Result<Vec<Certificate<'static>>, SetupError> {
    let error = |problem: String| SetupError(format!("ca_file {}: {problem}", path.display()));
    let pem = files::read(path, LARGEST).map_err(|problem| error(problem.why.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(problem) => return Err(error(problem.to_string())),
        }
    }
    let mut store = rustls::RootCertStore::empty();
    let ders = certificates.iter().map(|found| found.der().to_vec().into());
    match store.add_parsable_certificates(ders) {
        (0, 0) => Err(error("holds no certificate (PEM)".to_owned())),
        (_, 0) => Ok(certificates),
        (_, bad) => Err(error(format!("{bad} of its certificates cannot be used"))),
    }
}

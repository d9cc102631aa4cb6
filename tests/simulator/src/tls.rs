//! Certificates: an authority made at start, and the certificates that a
//! listener may present, good and bad.

use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use crate::world::lock;

/// What certificate a listener presents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// Signed by the simulator's authority for its names.
    #[default]
    Good,
    /// Signed by the authority, but for another host.
    WrongName,
    /// Signed by the authority, expired in 2021.
    Expired,
    /// Right names, signed by nobody but itself.
    SelfSigned,
}

/// The simulator's certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    names: Vec<String>,
}

impl Authority {
    /// An authority whose good certificates are for `localhost`, the loopback
    /// addresses and `extra` names.
    pub(crate) fn new(extra: &[String]) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Salesforce simulator authority");
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        names.extend_from_slice(extra);
        Ok(Self {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)?,
            names,
        })
    }

    /// The authority's certificate.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn issue(&self, which: Certificate) -> Result<Arc<CertifiedKey>, rcgen::Error> {
        let names = match which {
            Certificate::WrongName => vec!["elsewhere.invalid".to_owned()],
            _ => self.names.clone(),
        };
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Salesforce simulator");
        // Some clients refuse certificates that are valid for too long.
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2120, 1, 1);
        if which == Certificate::Expired {
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let cert = if which == Certificate::SelfSigned {
            params.self_signed(&key)?
        } else {
            params.signed_by(&key, &self.issuer)?
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key just made");
        let key = ring::sign::any_ecdsa_type(&key).expect("an ECDSA key just made");
        Ok(Arc::new(CertifiedKey::new(vec![cert.der().clone()], key)))
    }

    /// The TLS side of a listener; its certificate can be exchanged at any time.
    pub(crate) fn presenter(&self) -> Result<Arc<Presenter>, rcgen::Error> {
        let mut choices = Vec::new();
        for which in [
            Certificate::Good,
            Certificate::WrongName,
            Certificate::Expired,
            Certificate::SelfSigned,
        ] {
            choices.push((which, self.issue(which)?));
        }
        Ok(Arc::new(Presenter {
            choices,
            chosen: Mutex::default(),
        }))
    }
}

/// Chooses the certificate that a listener presents.
pub(crate) struct Presenter {
    choices: Vec<(Certificate, Arc<CertifiedKey>)>,
    chosen: Mutex<Certificate>,
}

impl std::fmt::Debug for Presenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presenter")
    }
}

impl Presenter {
    pub(crate) fn choose(&self, which: Certificate) {
        *lock(&self.chosen) = which;
    }

    /// A configuration for HTTP/1.1 over TLS 1.2 and 1.3.
    pub(crate) fn config(self: &Arc<Self>) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS needs")
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would not show the certificate of the moment.
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config
    }
}

impl ResolvesServerCert for Presenter {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let chosen = *lock(&self.chosen);
        let (_, key) = self.choices.iter().find(|(which, _)| *which == chosen)?;
        Some(key.clone())
    }
}

//! Certificates of a test's own, made by `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The password of the client's key.
pub const KEY_PASSWORD: &str = "key-hunter2";

/// An authority, a certificate of a server at `127.0.0.1` (and under no name), one of a
/// client, whose key is encrypted, and an authority that signed neither.
#[derive(Debug)]
pub struct Certificates(PathBuf);

impl Certificates {
    /// Makes them in a directory.
    pub fn make(dir: &Path) -> Self {
        let made = Self(dir.to_owned());
        for authority in ["authority", "stranger"] {
            made.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
            ));
        }
        made.sign("server", "-nodes", "subjectAltName=IP:127.0.0.1");
        let password = format!("-passout pass:{KEY_PASSWORD}");
        made.sign("client", &password, "extendedKeyUsage=clientAuth");
        // A server of Java's takes key and certificate from one file.
        let both = ["server.key", "server.pem"].map(|name| made.read(name));
        std::fs::write(made.file("server-both.pem"), both.concat()).expect("a file");
        made
    }

    /// One of them: `authority.pem`, `stranger.pem`, `client.pem`, `client.key`,
    /// `server-both.pem`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A certificate that the authority signed.
    fn sign(&self, name: &str, key: &str, says: &str) {
        std::fs::write(self.file("says"), says).expect("a file");
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 {key} -subj /CN={name} \
             -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
             -days 2 -extfile says -out {name}.pem"
        ));
    }

    fn openssl(&self, args: &str) {
        let mut command = Command::new("openssl");
        let ran = command
            .args(args.split_whitespace())
            .current_dir(&self.0)
            .output()
            .expect("openssl, which scripts/setup installs");
        assert!(ran.status.success(), "openssl {args}: {ran:?}");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).expect("a file")
    }
}

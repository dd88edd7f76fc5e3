//! Servers on loopback, which are other programs, and are stopped when the value is dropped.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::NoTls;
use tonic_health::server::health_reporter;

use crate::Result;

/// How long a server may take until it listens.
const LIMIT: Duration = Duration::from_secs(60);

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// What its client is opened with.
    pub at: String,
    /// `None` if it runs on a thread of this process.
    child: Option<Child>,
    /// Its files.
    _folder: Option<TempDir>,
}

impl Server {
    /// What is no program of its own.
    fn here(at: String, folder: Option<TempDir>) -> Self {
        Server {
            at,
            child: None,
            _folder: folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may be gone already. SIGINT lets each of them end its own children and free its memory.
            let _ = Command::new("kill")
                .arg("-INT")
                .arg(child.id().to_string())
                .status();
            let _ = child.wait();
        }
    }
}

/// Returns a file in a folder of its own.
///
/// # Errors
///
/// Returns the error of making the folder.
pub fn file() -> Result<Server> {
    let folder = TempDir::new()?;
    let at = text(&folder.path().join("data"))?;
    Ok(Server::here(at, Some(folder)))
}

/// Returns an empty folder.
///
/// # Errors
///
/// Returns the error of making it.
pub fn folder() -> Result<Server> {
    let folder = TempDir::new()?;
    let at = text(folder.path())?;
    Ok(Server::here(at, Some(folder)))
}

/// Starts the health service of tonic on a thread of this process. It runs for as long as the process.
///
/// # Errors
///
/// Returns the errors of the socket and of its runtime.
pub fn health() -> Result<Server> {
    let at = free_address()?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let (_reporter, service) = health_reporter();
            let server = tonic::transport::Server::builder().add_service(service);
            server.serve(at).await.expect("it serves");
        });
    });
    until(|| Ok(TcpStream::connect(at)?))?;
    Ok(Server::here(format!("http://{at}"), None))
}

/// Starts a redis server.
///
/// # Errors
///
/// Returns why it can't be had.
pub fn redis() -> Result<Server> {
    let at = free_address()?;
    let mut command = Command::new(installed("redis-server", &[])?);
    command.args([
        "--save",
        "",
        "--appendonly",
        "no",
        "--bind",
        "127.0.0.1",
        "--port",
    ]);
    command.arg(at.port().to_string());
    start(command, format!("redis://{at}"), None, || {
        Ok(TcpStream::connect(at)?)
    })
}

/// Starts a NATS server.
///
/// # Errors
///
/// Returns why it can't be had.
pub fn nats() -> Result<Server> {
    let at = free_address()?;
    let mut command = Command::new(installed("nats-server", &[])?);
    command
        .args(["--addr", "127.0.0.1", "--port"])
        .arg(at.port().to_string());
    start(command, at.to_string(), None, || {
        Ok(TcpStream::connect(at)?)
    })
}

/// Starts a PostgreSQL server, with a database of its own.
///
/// # Errors
///
/// Returns why it can't be had.
pub fn postgres() -> Result<Server> {
    // Debian has a folder for each version, outside of `PATH`.
    let versions = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten();
    let folders: Vec<_> = versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    let (initdb, postgres) = (
        installed("initdb", &folders)?,
        installed("postgres", &folders)?,
    );

    let folder = TempDir::new()?;
    let data = folder.path().join("data");
    // The server refuses to run as root: Debian's package has a user for it.
    let user = (folder.path().metadata()?.uid() == 0)
        .then(|| id_of("postgres"))
        .transpose()?;
    let command = |program: &Path| {
        let mut command = Command::new(program);
        if let Some(user) = user {
            command.uid(user).current_dir("/");
        }
        command
    };
    if let Some(user) = user {
        chown(folder.path(), Some(user), None)?;
    }
    let mut init = command(&initdb);
    init.args(["--no-sync", "--auth=trust", "--username=user", "-D"]);
    run(init.arg(&data))?;

    let at = free_address()?;
    let mut server = command(&postgres);
    server
        .args(["-F", "-h", "127.0.0.1", "-p"])
        .arg(at.port().to_string());
    server.arg("-D").arg(&data).arg("-k").arg(folder.path());
    let at = format!(
        "host=127.0.0.1 port={} user=user dbname=postgres",
        at.port()
    );
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let connect = at.clone();
    // It listens before it takes connections.
    start(server, at, Some(folder), || {
        drop(runtime.block_on(tokio_postgres::connect(&connect, NoTls))?);
        Ok(())
    })
}

/// Starts a server, and waits until it can be used.
fn start<R>(
    mut command: Command,
    at: String,
    folder: Option<TempDir>,
    connect: impl FnMut() -> Result<R>,
) -> Result<Server> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = Some(command.spawn()?);
    let server = Server {
        at,
        child,
        _folder: folder,
    };
    until(connect)?;
    Ok(server)
}

/// Tries until it succeeds, or until the limit.
fn until<R>(mut connect: impl FnMut() -> Result<R>) -> Result<()> {
    let begin = Instant::now();
    while let Err(error) = connect() {
        if begin.elapsed() > LIMIT {
            return Err(format!("its server can't be reached: {error}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Returns the path of a program in `PATH`, in `/usr/sbin`, where the servers of some packages are, or in some folders.
fn installed(program: &str, folders: &[PathBuf]) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .chain(folders.iter().cloned())
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("{program} is not installed").into())
}

/// Returns the number of a user.
fn id_of(user: &str) -> Result<u32> {
    let output = Command::new("id").args(["-u", user]).output()?;
    Ok(str::from_utf8(&output.stdout)?.trim().parse()?)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// Returns an address that nothing listens at.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn text(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .ok_or("a temporary folder whose name is no text")?;
    Ok(text.to_owned())
}

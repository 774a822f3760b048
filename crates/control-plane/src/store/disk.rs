//! The objects on disk, so that a control plane survives its own end, even by SIGKILL.
//!
//! redb does the hard part: a pure-Rust, single-file, copy-on-write B-tree whose commits are atomic and checksummed,
//! so that an interrupted write is as if it had never begun. One commit per change keeps the promise simple: what was
//! answered is on disk.

use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::Value;

use super::key::Key;
use crate::private;
use crate::resource::Table;

/// Table, namespace and name to the object's JSON.
const OBJECTS: TableDefinition<'_, (&str, &str, &str), &[u8]> = TableDefinition::new("objects");
/// `version`: the version of the newest change. `format`: how the rows are written.
const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");

/// How the rows are written. A database without the row is of the first format, which did not say so.
const FORMAT: u64 = 1;

/// A failure of the disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The folder cannot be made or opened.
    #[error("cannot use {path} as data directory: {source}")]
    Directory {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refuses to be opened, read or written.
    #[error("the database of the data directory failed: {0}")]
    Database(#[source] Box<redb::Error>),
    /// A newer version of this program wrote the database.
    #[error("the database is of format {found}, and this version reads formats up to {FORMAT}: use a newer version")]
    Format {
        /// The format.
        found: u64,
    },
    /// An object in the database is not the JSON that was written.
    #[error("the database holds a damaged object, {key}: {source}")]
    Damaged {
        /// Which object.
        key: String,
        /// Why it cannot be read.
        source: serde_json::Error,
    },
}

impl<E: Into<redb::Error>> From<E> for DiskError {
    fn from(error: E) -> Self {
        DiskError::Database(Box::new(error.into()))
    }
}

/// What a database holds.
#[derive(Debug)]
pub struct Contents {
    /// The version of the newest change.
    pub version: u64,
    /// Every object.
    pub objects: Vec<(Table, Key, Value)>,
}

/// The database of one data directory.
#[derive(Debug)]
pub struct Disk {
    database: Database,
}

impl Disk {
    /// Opens or makes the database in `directory`.
    pub fn open(directory: &Path) -> Result<Self, DiskError> {
        let file = private::create_folder(directory)
            .and_then(|()| private::open(&directory.join("objects.redb")))
            .map_err(|source| DiskError::Directory {
                path: directory.to_owned(),
                source,
            })?;
        let database = Database::builder().create_with_backend(FileBackend::new(file)?)?;
        let transaction = database.begin_write()?;
        {
            // A table exists from its first opening on; afterwards reading cannot miss it.
            transaction.open_table(OBJECTS)?;
            let mut counters = transaction.open_table(COUNTERS)?;
            let found = counters.get("format")?.map_or(FORMAT, |format| format.value());
            if found > FORMAT {
                return Err(DiskError::Format { found });
            }
            counters.insert("format", FORMAT)?;
        }
        transaction.commit()?;
        Ok(Self { database })
    }

    /// The version of the newest change.
    pub fn version(&self) -> Result<u64, DiskError> {
        let counters = self.database.begin_read()?.open_table(COUNTERS)?;
        Ok(counters.get("version")?.map_or(0, |version| version.value()))
    }

    /// Everything.
    pub fn load(&self) -> Result<Contents, DiskError> {
        let version = self.version()?;
        let transaction = self.database.begin_read()?;
        let mut objects = Vec::new();
        for row in transaction.open_table(OBJECTS)?.iter()? {
            let (key, json) = row?;
            let (table, namespace, name) = key.value();
            // A table that a newer version knew and this one does not is left alone on disk.
            let Some(table) = Table::from_name(table) else { continue };
            let value = serde_json::from_slice(json.value()).map_err(|source| DiskError::Damaged {
                key: format!("{} {namespace}/{name}", table.name()),
                source,
            })?;
            objects.push((table, Key::new(namespace, name), value));
        }
        Ok(Contents { version, objects })
    }

    /// Writes an object, and that `version` is the newest.
    pub fn put(&self, table: Table, key: &Key, version: u64, json: &[u8]) -> Result<(), DiskError> {
        self.commit(version, |objects| {
            objects.insert((table.name(), key.namespace.as_str(), key.name.as_str()), json)?;
            Ok(())
        })
    }

    /// Removes an object, and writes that `version` is the newest.
    pub fn remove(&self, table: Table, key: &Key, version: u64) -> Result<(), DiskError> {
        self.commit(version, |objects| {
            objects.remove((table.name(), key.namespace.as_str(), key.name.as_str()))?;
            Ok(())
        })
    }

    fn commit(
        &self,
        version: u64,
        change: impl FnOnce(
            &mut redb::Table<'_, (&'static str, &'static str, &'static str), &'static [u8]>,
        ) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let transaction = self.database.begin_write()?;
        change(&mut transaction.open_table(OBJECTS)?)?;
        transaction.open_table(COUNTERS)?.insert("version", version)?;
        transaction.commit()?;
        Ok(())
    }
}

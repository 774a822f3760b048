//! A list that is taken page by page, so that no more than one page is in memory.

use datum_model::id::Namespace;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::object::Object;
use crate::options::ListOptions;
use crate::requests::{ListPage, PAGE, Requests, list_of};

/// How often in a row a list may begin anew without having come any further.
const RESTARTS: usize = 3;

/// A list of the Workloads of a namespace, on its way. They come in the order of their names.
#[derive(Debug)]
pub struct Pages<'c> {
    requests: &'c Requests,
    namespace: Namespace,
    options: ListOptions,
    operation: Operation,
    /// What the next page is asked for with; none for the first.
    token: Option<String>,
    /// The name of the last object that was given out.
    last: Option<String>,
    left: usize,
    restarts: usize,
    is_over: bool,
}

/// Some of the objects of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Object>,
    /// Whether the list has more than was asked for, which ends with this page.
    pub is_cut: bool,
    /// How many more, where the server says.
    pub remaining: Option<u64>,
}

impl Client {
    /// Lists Workloads of one namespace, a page at a time. [`ListOptions::limit`] ends the list early.
    pub fn pages_of(&self, namespace: &Namespace, options: &ListOptions) -> Pages<'_> {
        Pages {
            requests: self.requests(),
            namespace: namespace.clone(),
            operation: list_of(namespace),
            token: None,
            last: None,
            left: options.limit.map_or(usize::MAX, |limit| limit as usize),
            restarts: 0,
            is_over: false,
            options: options.clone(),
        }
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`Error::is_namespace_missing`] when nothing was found because there is no such namespace.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        while !self.is_over {
            let ListPage {
                mut items,
                token,
                remaining,
                ..
            } = match self.ask().await {
                // A continue token that has expired stays so: the list begins anew, and what was given out is passed over.
                Err(error) if error.is_expired() && self.restarts < RESTARTS => {
                    tracing::debug!("the list has expired between two pages");
                    self.token = None;
                    self.restarts += 1;
                    continue;
                }
                answer => answer?,
            };
            let is_first = self.token.is_none() && self.last.is_none();
            if is_first && items.is_empty() {
                self.requests.expect_namespace(&self.operation, &self.namespace).await?;
            }
            if let Some(last) = &self.last {
                items.retain(|item| item.name() > Some(last.as_str()));
            }
            let is_last = token.is_none();
            self.token = token;
            let is_cut = items.len() > self.left || (items.len() == self.left && !is_last);
            let beyond = u64::try_from(items.len().saturating_sub(self.left)).unwrap_or(u64::MAX);
            items.truncate(self.left);
            self.left -= items.len();
            self.is_over = is_last || self.left == 0;
            if let Some(name) = items.last().and_then(Object::name) {
                self.last = Some(name.to_owned());
                self.restarts = 0;
            }
            if items.is_empty() {
                continue;
            }
            return Ok(Some(Page {
                objects: items,
                is_cut,
                remaining: remaining.map(|remaining| remaining + beyond),
            }));
        }
        Ok(None)
    }

    async fn ask(&self) -> Result<ListPage<Object>, Error> {
        // A list that begins anew has to pass over what was given out.
        let begins_anew = self.token.is_none() && self.last.is_some();
        let left = u32::try_from(self.left).ok().filter(|_| !begins_anew);
        let limit = left.into_iter().chain([PAGE]).min();
        self.requests
            .page(
                &self.operation,
                &self.namespace,
                &self.options,
                limit,
                self.token.clone(),
            )
            .await
    }
}

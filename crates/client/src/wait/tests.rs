use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::error::{Kind, Operation};
use crate::object::Object;

#[tokio::test(start_paused = true)]
async fn who_may_never_see_the_object_waits_for_a_minute() {
    let id = "project-shop/web".parse().unwrap();
    let mut wait = Wait::new(&id, &|_| {});
    let deadline = Instant::now() + Duration::from_mins(20);
    assert_eq!(wait.patience(deadline), deadline);
    let refused = |refusal| Error::new(&Operation::new("get", "workload"), Kind::Forbidden(refusal));
    wait.unavailable(refused(Forbidden::Other {
        message: "blocked by a proxy".to_owned(),
    }));
    assert_eq!(wait.patience(deadline), deadline);
    wait.unavailable(refused(Forbidden::Rbac {
        user: "ci".to_owned(),
        verb: "get".to_owned(),
        resource: "workloads".to_owned(),
        namespace: None,
    }));
    assert_eq!(wait.patience(deadline), Instant::now() + FORBIDDEN);
    let sooner = Instant::now() + Duration::from_secs(3);
    assert_eq!(wait.patience(sooner), sooner);
    wait.outcome.object = Some(Object::new(json!({})));
    assert_eq!(
        wait.patience(deadline),
        deadline,
        "it could be seen before, and may be again"
    );
}

//! Deleting: what was listed and nothing else, each with its own outcome.

use crate::client::{calls, fill, keys, listed, on_both, open, options};
use crate::servers::Server;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use earmark::domain::{AudioStamp, BulkDelete, SampleKey};
use earmark::objects::{DeleteError, Options, Versioning};
use std::ops::ControlFlow;

on_both! {
    each_has_its_own_outcome_however_they_are_deleted,
    more_than_one_request_takes,
    whether_old_versions_are_kept_is_known,
}

const ODD: &[&str] = &["a b+c%.wav", "<&>\"'.wav", "é中\u{301}.wav", "control\u{1}.wav", "r\r.wav"];

fn each_has_its_own_outcome_however_they_are_deleted(server: &Server, bucket: &str) {
    for bulk in [BulkDelete::Checksum, BulkDelete::Md5, BulkDelete::Single] {
        let plain = (0..6).map(|n| format!("calls/{n}.wav"));
        let odd = ODD.iter().map(|key| format!("calls/{key}"));
        let objects = plain.chain(odd).map(|key| (key.clone(), key.into_bytes())).collect();
        fill(server, bucket, objects);
        let store = open(&Options { bulk_delete: Some(bulk), ..options(server) }, bucket, "calls/");
        let mut all: Vec<(SampleKey, AudioStamp)> =
            listed(&store).unwrap().into_iter().map(|entry| (entry.key, entry.stamp)).collect();
        all.retain(|(key, _)| *key != SampleKey::from("5.wav"));
        fill(server, bucket, vec![("calls/1.wav".into(), b"another".into())]);
        store.remove("2.wav").unwrap();
        let mut told = vec![0; all.len()];
        store.delete_many(&all, &mut |place, outcome| {
            told[place] += 1;
            match all[place].0.lossy().as_ref() {
                "1.wav" => assert!(matches!(outcome, Err(DeleteError::Changed)), "{outcome:?}"),
                "2.wav" => assert!(matches!(outcome, Err(DeleteError::Gone)), "{outcome:?}"),
                key => assert!(outcome.is_ok(), "{bulk:?}, {key:?}: {outcome:?}"),
            }
            ControlFlow::Continue(())
        });
        assert!(told.iter().all(|count| *count == 1), "{told:?}");
        assert_eq!(keys(&listed(&store).unwrap()), ["1.wav", "5.wav"], "{bulk:?}");
    }
}

fn more_than_one_request_takes(server: &Server, bucket: &str) {
    let objects = (0..1100).map(|n| (format!("calls/{n}.wav"), b"x".to_vec())).collect();
    fill(server, bucket, objects);
    let bulk_delete = Some(BulkDelete::Md5);
    let store = open(&Options { bulk_delete, ..options(server) }, bucket, "calls/");
    let all: Vec<_> =
        listed(&store).unwrap().into_iter().map(|entry| (entry.key, entry.stamp)).collect();
    assert_eq!(all.len(), 1100);
    let mut told = Vec::new();
    store.delete_many(&all, &mut |place, outcome| {
        outcome.unwrap();
        told.push(place);
        ControlFlow::Continue(())
    });
    told.sort_unstable();
    assert_eq!(told, (0..1100).collect::<Vec<_>>());
    assert!(listed(&store).unwrap().is_empty());
}

fn whether_old_versions_are_kept_is_known(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    // What moto says of it no SDK can read.
    let known = |versioning| if server.is_moto() { Versioning::Unknown } else { versioning };
    assert_eq!(store.abilities(None).unwrap().versioning, known(Versioning::Final));
    server.ask(async |client| {
        let kept = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let call = client.put_bucket_versioning().bucket(bucket);
        call.versioning_configuration(kept.build()).send().await.unwrap();
    });
    assert_eq!(store.abilities(None).unwrap().versioning, known(Versioning::Kept));
    fill(server, bucket, vec![("calls/1.wav".into(), b"x".to_vec())]);
    let entry = listed(&store).unwrap().remove(0);
    store.delete(&entry.key, &entry.stamp).unwrap();
    assert!(store.head(&entry.key).unwrap().is_none());
    assert!(matches!(store.delete(&entry.key, &entry.stamp), Err(DeleteError::Gone)));
}

//! Sessions of both stores, by both callers.

use async_session::{CookieStore, MemoryStore, Session, SessionStore};

#[test]
fn sync_caller() {
    fn stores(store: impl SessionStore) {
        let mut session = Session::new();
        session.insert("n", 5).unwrap();
        let cookie = store.store_session(session).get().unwrap().unwrap();
        let session = store.load_session(cookie).get().unwrap().unwrap();
        assert_eq!(session.get::<u32>("n"), Some(5));
        store.destroy_session(session).get().unwrap();
        store.clear_store().get().unwrap();
    }

    stores(MemoryStore::new());
    stores(CookieStore::new());
    let store = MemoryStore::new();
    store.store_session(Session::new()).get().unwrap();
    store.cleanup().get().unwrap();
    assert_eq!(store.count().get(), 1);
}

#[async_std::test]
async fn async_caller() {
    async fn stores(store: impl SessionStore) {
        let mut session = Session::new();
        session.insert("n", 5).unwrap();
        let cookie = store.store_session(session).await.unwrap().unwrap();
        let session = store.load_session(cookie).await.unwrap().unwrap();
        assert_eq!(session.get::<u32>("n"), Some(5));
        store.destroy_session(session).await.unwrap();
        store.clear_store().await.unwrap();
    }

    stores(MemoryStore::new()).await;
    stores(CookieStore::new()).await;
    let store = MemoryStore::new();
    store.store_session(Session::new()).await.unwrap();
    store.cleanup().await.unwrap();
    assert_eq!(store.count().await, 1);
}

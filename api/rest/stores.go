package rest

import (
	"context"
	"encoding/json"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/datastore"
)

func storeOf(st *datastore.Store) gen.DataStore {
	return gen.DataStore{ID: st.ID, Scope: gen.StoreScope(st.Scope), Subject: st.Subject, Records: st.Records, Bytes: st.Bytes, CreatedAt: st.CreatedAt.UTC()}
}

func recordOf(r *datastore.Record) gen.Record {
	return gen.Record{Key: r.Key, Value: json.RawMessage(r.Value), Version: r.Version, ExpiresAt: utc(r.ExpiresAt), UpdatedAt: r.UpdatedAt.UTC()}
}

// ListDataStores lists stores.
func (s *Server) ListDataStores(ctx context.Context, req gen.ListDataStoresRequestObject) (gen.ListDataStoresResponseObject, error) {
	q := req.Params
	page, err := s.DataStores.List(ctx, principal(ctx).Scope, datastore.Kind(value(q.Scope)), q.Subject, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListDataStores200JSONResponse{Data: each(page.Items, storeOf), PageInfo: pageInfo(page)}, nil
}

// CreateDataStore makes a data store, or finds the store of another scope.
func (s *Server) CreateDataStore(ctx context.Context, req gen.CreateDataStoreRequestObject) (gen.CreateDataStoreResponseObject, error) {
	kind := datastore.Kind(or(req.Body.Scope, gen.StoreScope(datastore.Data)))
	st, err := s.DataStores.Open(ctx, principal(ctx).Scope, datastore.Place{Kind: kind, Of: req.Body.Subject}, kind == datastore.Data)
	if err != nil {
		return nil, err
	}
	return gen.CreateDataStore201JSONResponse(storeOf(st)), nil
}

// GetDataStore returns a store.
func (s *Server) GetDataStore(ctx context.Context, req gen.GetDataStoreRequestObject) (gen.GetDataStoreResponseObject, error) {
	st, err := s.DataStores.Store(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID})
	if err != nil {
		return nil, err
	}
	return gen.GetDataStore200JSONResponse(storeOf(st)), nil
}

// DeleteDataStore removes a store with its records.
func (s *Server) DeleteDataStore(ctx context.Context, req gen.DeleteDataStoreRequestObject) (gen.DeleteDataStoreResponseObject, error) {
	return gen.DeleteDataStore204Response{}, s.DataStores.Drop(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID})
}

// ListRecords lists a store's records.
func (s *Server) ListRecords(ctx context.Context, req gen.ListRecordsRequestObject) (gen.ListRecordsResponseObject, error) {
	q := req.Params
	w := datastore.Walk{Prefix: value(q.Prefix), After: value(q.AfterKey), Limit: value(q.Limit), Keys: yes(q.KeysOnly)}
	rs, more, err := s.DataStores.Records(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID}, w)
	if err != nil {
		return nil, err
	}
	out := gen.ListRecords200JSONResponse{Data: each(rs, recordOf)}
	if more {
		out.NextKey = &rs[len(rs)-1].Key
	}
	return out, nil
}

// ClearDataStore removes all records of a store.
func (s *Server) ClearDataStore(ctx context.Context, req gen.ClearDataStoreRequestObject) (gen.ClearDataStoreResponseObject, error) {
	return gen.ClearDataStore204Response{}, s.DataStores.Clear(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID})
}

// GetRecord returns a record.
func (s *Server) GetRecord(ctx context.Context, req gen.GetRecordRequestObject) (gen.GetRecordResponseObject, error) {
	r, err := s.DataStores.Get(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID}, req.RecordKey)
	if err != nil {
		return nil, err
	}
	return gen.GetRecord200JSONResponse(recordOf(r)), nil
}

// SetRecord writes a record.
func (s *Server) SetRecord(ctx context.Context, req gen.SetRecordRequestObject) (gen.SetRecordResponseObject, error) {
	put := datastore.Put{IfVersion: req.Body.IfVersion}
	if n := req.Body.TTLSeconds; n != nil {
		ttl := time.Duration(*n) * time.Second
		put.TTL = &ttl
	}
	r, err := s.DataStores.Set(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID}, req.RecordKey, string(req.Body.Value), put)
	if err != nil {
		return nil, err
	}
	return gen.SetRecord200JSONResponse(recordOf(r)), nil
}

// DeleteRecord removes a record.
func (s *Server) DeleteRecord(ctx context.Context, req gen.DeleteRecordRequestObject) (gen.DeleteRecordResponseObject, error) {
	_, err := s.DataStores.Delete(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID}, req.RecordKey, req.Params.IfVersion)
	return gen.DeleteRecord204Response{}, err
}

// IncrementRecord counts a record up or down.
func (s *Server) IncrementRecord(ctx context.Context, req gen.IncrementRecordRequestObject) (gen.IncrementRecordResponseObject, error) {
	r, err := s.DataStores.Add(ctx, principal(ctx).Scope, datastore.Place{ID: req.DataStoreID}, req.RecordKey, req.Body.By)
	if err != nil {
		return nil, err
	}
	return gen.IncrementRecord200JSONResponse(recordOf(r)), nil
}

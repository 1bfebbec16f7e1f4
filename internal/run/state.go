package run

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// ErrNoInstance is returned for a run that is no instance's.
var ErrNoInstance = fault.New(fault.Invalid, "instance_required", "The run is of no instance: its user has none of this workflow.")

// keeping is the input of a state step, filled in.
type keeping struct {
	Op        string         `json:"op"`
	Scope     string         `json:"scope"`
	Store     string         `json:"store,omitempty"`
	Key       string         `json:"key,omitempty"`
	Value     any            `json:"value,omitempty"`
	Expected  any            `json:"expected,omitempty"`
	By        *int64         `json:"by,omitempty"`
	TTL       string         `json:"ttl,omitempty"`
	IfVersion *int64         `json:"if_version,omitempty"`
	Walk      datastore.Walk `json:"-"`

	ttl *time.Duration
}

func (x *Executor) state(def *workflow.Step, values workflow.Values) result {
	in, err := filled(def, values)
	if err != nil {
		return failed(unworked(err))
	}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		at, err := storeOf(r, in.Scope, in.Store)
		if err != nil {
			return failed(err)
		}
		if in.Op == "list" {
			return x.listed(ctx, scope, at, in)
		}
		return x.once(ctx, scope, r, s, func(tx *gorm.DB) (result, []string, error) {
			output, err := in.apply(x.Stores.Within(tx), at)
			if err != nil {
				res, err := refusal(err)
				return res, nil, err
			}
			return result{status: Succeeded, output: readBack(output)}, nil, nil
		})
	}}
}

// filled fills a state step in.
func filled(def *workflow.Step, values workflow.Values) (in *keeping, err error) {
	in = &keeping{Op: def.Op, Scope: def.Scope, Walk: datastore.Walk{Limit: def.Limit, Keys: def.KeysOnly}}
	if in.Scope == "" {
		in.Scope = string(datastore.Workflow)
	}
	for to, text := range map[*string]string{&in.Store: def.Store, &in.Key: def.Key, &in.TTL: def.TTL, &in.Walk.Prefix: def.Prefix, &in.Walk.After: def.After} {
		if *to, err = values.Text(text); err != nil {
			return nil, err
		}
	}
	for to, doc := range map[*any]json.RawMessage{&in.Value: def.Value, &in.Expected: def.Expected} {
		if *to, err = values.JSON(doc); err != nil {
			return nil, err
		}
	}
	if in.By, err = whole(values, "by", def.By); err != nil {
		return nil, err
	}
	if in.IfVersion, err = whole(values, "if_version", def.IfVersion); err != nil {
		return nil, err
	}
	if in.Op == "increment" && in.By == nil {
		in.By = new(int64(1))
	}
	if in.TTL != "" {
		d, err := workflow.Duration(in.TTL)
		if err != nil {
			return nil, fault.New(fault.Invalid, "record_ttl", "The ttl is none: %s.", err)
		}
		in.ttl = &d
	}
	return in, nil
}

// whole works a whole number out; nil = there is none.
func whole(values workflow.Values, field string, doc json.RawMessage) (*int64, error) {
	v, err := values.JSON(doc)
	if err != nil || v == nil {
		return nil, err
	}
	switch v := v.(type) {
	case int:
		return new(int64(v)), nil
	case int64:
		return &v, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return new(int64(v)), nil
		}
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return &n, nil
		}
	}
	return nil, fault.New(fault.Invalid, "not_a_number", "%s is %s, and no whole number.", field, expression.AsText(v))
}

// storeOf is the store that a scope means in a run.
func storeOf(r *Run, scope, store string) (datastore.Place, error) {
	p := datastore.Place{Kind: datastore.Kind(scope)}
	switch p.Kind {
	case datastore.Data:
		p.Of = store
	case datastore.Workflow:
		p.Of = r.WorkflowID
	case datastore.Instance:
		if r.Instance == nil {
			return p, ErrNoInstance
		}
		p.Of = r.Instance.ID
	case datastore.User:
		if r.ExternalUserID == nil {
			return p, ErrNoUser
		}
		p.Of = *r.ExternalUserID
	case datastore.Project:
	default:
		return p, datastore.ErrPlace
	}
	return p, nil
}

// apply does a step's operation and returns what the step brings.
func (in *keeping) apply(stores *datastore.Within, at datastore.Place) (any, error) {
	put := datastore.Put{TTL: in.ttl, IfVersion: in.IfVersion}
	switch in.Op {
	case "get":
		rec, err := stores.Get(at, in.Key)
		if errors.Is(err, datastore.ErrNoRecord) {
			return map[string]any{"found": false, "value": nil}, nil
		}
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		return told(rec, map[string]any{"found": true}), nil
	case "delete":
		was, err := stores.Delete(at, in.Key, in.IfVersion)
		return map[string]any{"deleted": was}, err //nolint:wrapcheck // a fault
	case "increment":
		rec, err := stores.Add(at, in.Key, *in.By)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		return told(rec, map[string]any{}), nil
	}
	text, err := json.Marshal(in.Value)
	if err != nil {
		return nil, datastore.ErrValue.Because(err)
	}
	if in.Op == "compare_and_set" {
		return in.swap(stores, at, string(text), put)
	}
	rec, err := stores.Set(at, in.Key, string(text), put)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return told(rec, map[string]any{}), nil
}

// swap writes a value if what is there is what was expected, and tells whether it
// did. That it did not is no fault: the next step decides what it means.
func (in *keeping) swap(stores *datastore.Within, at datastore.Place, value string, put datastore.Put) (any, error) {
	there, err := stores.Get(at, in.Key)
	if err != nil && !errors.Is(err, datastore.ErrNoRecord) {
		return nil, err //nolint:wrapcheck // a fault
	}
	if put.IfVersion == nil {
		var is any
		if there != nil {
			_ = json.Unmarshal([]byte(there.Value), &is) // it was checked
		}
		if !reflect.DeepEqual(is, readBack(in.Expected)) {
			return told(there, map[string]any{"done": false}), nil
		}
		put.IfVersion = new(int64(0))
		if there != nil {
			put.IfVersion = &there.Version
		}
	}
	rec, err := stores.Set(at, in.Key, value, put)
	if errors.Is(err, datastore.ErrChanged) {
		return told(there, map[string]any{"done": false}), nil
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return told(rec, map[string]any{"done": true}), nil
}

// told adds to out what is known of a record.
func told(rec *datastore.Record, out map[string]any) map[string]any {
	out["value"], out["version"] = nil, 0
	if rec != nil {
		out["value"], out["version"] = json.RawMessage(rec.Value), rec.Version
		if rec.ExpiresAt != nil {
			out["expires_at"] = rec.ExpiresAt.UTC()
		}
	}
	return out
}

func (x *Executor) listed(ctx context.Context, scope tenant.Scope, at datastore.Place, in *keeping) result {
	rs, more, err := x.Stores.Records(ctx, scope, at, in.Walk)
	if err != nil {
		return failed(err)
	}
	records := make([]any, len(rs))
	for i := range rs {
		one := map[string]any{"key": rs[i].Key, "version": rs[i].Version}
		if !in.Walk.Keys {
			one["value"] = json.RawMessage(rs[i].Value)
		}
		records[i] = one
	}
	output := map[string]any{"records": records, "next_key": nil}
	if more {
		output["next_key"] = rs[len(rs)-1].Key
	}
	return result{status: Succeeded, output: readBack(output)}
}

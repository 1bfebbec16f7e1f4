package run_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// rig is a service and a worker with a clock that stands still, a server that
// steps call, and Acme CRM for steps with an account.
type rig struct {
	*run.Service
	worker    *run.Worker
	workflows *workflow.Service
	clock     *testkit.Clock
	t         *testing.T
	scope     tenant.Scope
	settings  string // of workflows that are deployed
	out       *testkit.Receiver
	acme      string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, testkit.DB(t))
}

func newRigOn(t *testing.T, d *db.DB) *rig {
	t.Helper()
	clock := testkit.NewClock()
	acme := demo.New(demo.Config{})
	srv := httptest.NewServer(acme.Handler())
	acme.SetBaseURL(srv.URL)
	t.Cleanup(func() { srv.Close(); acme.Close() })
	shipped, err := catalog.Load("https://patchbay.test", srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	schemes, err := inbound.Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	client := testkit.Guard().Client(5*time.Second, 16)
	accounts := &account.Service{DB: d, Box: testkit.Box(t), Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}, Client: client, Provider: &provider.Client{HTTP: client, Now: clock.Now}, Now: clock.Now}
	runs := &run.Service{
		DB: d, Queue: testkit.DeadQueue(t), Box: accounts.Box, Schemes: schemes, Verifier: &inbound.Verifier{Now: clock.Now}, Tally: &inbound.Tally{DB: d},
		Metrics: telemetry.NewMetrics(), Now: clock.Now,
	}
	r := &rig{
		Service: runs,
		worker: &run.Worker{
			DB: d, Runs: runs, Box: accounts.Box, Steps: &run.Executor{DB: d, Accounts: accounts, Client: client, Stores: &datastore.Service{DB: d, Now: clock.Now}, Keys: ring(t), BaseURL: "https://patchbay.test", Now: clock.Now}, Metrics: telemetry.NewMetrics(), Now: clock.Now,
		},
		workflows: &workflow.Service{DB: d, Now: clock.Now}, clock: clock, t: t, settings: `{"retry":{"attempts":0}}`, scope: testkit.Scope(t, d), out: testkit.NewReceiver(t), acme: srv.URL,
	}
	r.Keys, r.worker.Steps.Runs = r.worker.Steps.Keys, r.Service
	return r
}

// ring signs links.
func ring(t *testing.T) *token.Keyring {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return token.NewKeyring("https://patchbay.test", token.Key{ID: "k1", Public: public, Private: private})
}

// deploy makes a workflow of steps and switches it on. OUT stands for the
// address of the server that steps call.
func (r *rig) deploy(steps ...string) (workflowID string) {
	r.t.Helper()
	src := `{"name":"Flow","triggers":[{"type":"http","auth":"none"}],"settings":` + r.settings + `,"steps":[` + strings.Join(steps, ",") + `]}`
	d, err := workflow.ParseJSON([]byte(strings.ReplaceAll(src, "OUT", r.out.URL)))
	if err != nil {
		r.t.Fatal(err)
	}
	v, err := r.workflows.Create(r.t.Context(), r.scope.Project(), d)
	if err == nil {
		_, err = r.workflows.Deploy(r.t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID
}

// start queues a run of the steps for nobody.
func (r *rig) start(input string, steps ...string) (runID string) {
	r.t.Helper()
	queued, err := r.Start(r.t.Context(), r.scope, r.deploy(steps...), "", []byte(input))
	if err != nil {
		r.t.Fatal(err)
	}
	return queued.ID
}

func (r *rig) advance(runID string) {
	r.t.Helper()
	if err := r.worker.Advance(r.t.Context(), r.scope, runID); err != nil {
		r.t.Fatal(err)
	}
}

// get returns a run with its steps.
func (r *rig) get(runID string) (*run.Run, []run.Step) {
	r.t.Helper()
	got, steps, err := r.Get(context.WithoutCancel(r.t.Context()), r.scope, runID)
	if err != nil {
		r.t.Fatal(err)
	}
	return got, steps
}

// done runs the steps to their end and returns what came of it.
func (r *rig) done(input string, steps ...string) (*run.Run, []run.Step) {
	r.t.Helper()
	id := r.start(input, steps...)
	r.advance(id)
	return r.get(id)
}

// user makes a user with an account at Acme by API key.
func (r *rig) user(externalID, key string) (accountID string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, externalID, r.clock.Now())
		if err != nil || key == "" {
			return err
		}
		g := &account.Grant{Credential: account.Credential{Inputs: map[string]string{"api_key": key}}}
		app, err := r.worker.Steps.Accounts.Catalog.Shipped.Get("acme_crm_key")
		if err != nil {
			return err
		}
		a, err := r.worker.Steps.Accounts.Save(tx, r.scope, u, app, "api_key", nil, "", "", g)
		accountID = a.ID
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return accountID
}

// read decodes a JSON column.
func read(t *testing.T, column *string) (v any) {
	t.Helper()
	if column == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(*column), &v); err != nil {
		t.Fatalf("%s: %v", *column, err)
	}
	return v
}

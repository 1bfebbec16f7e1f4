// Package arch holds the order of the house: who may import whom.
package arch

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/patchbay-dev/patchbay/"

// order lists the packages from the ground up. A package may import only what
// stands before it; to turn an arrow round is to move a line here, and to say why.
var order = []string{
	// ground: no imports of ours
	"internal/fault", "internal/id", "internal/tenant", "internal/picture", "internal/expression", "internal/document", "internal/workflow/schema", "internal/workflow/schema/make", "internal/schedule", "migrations", "deploy/examples/workflows", "web",
	// apart: a third party of our own making, and what runs beside us on a developer's machine
	"internal/demo", "internal/local",
	// doors: each hides one thing outside
	"internal/db", "internal/telemetry", "internal/queue", "internal/redis", "internal/spool", "internal/blob", "internal/secret", "internal/masterkey", "internal/token", "internal/egress", "internal/sandbox/launcher", "internal/sandbox", "internal/remote",
	// domain: one noun each
	"internal/keys", "internal/audit", "internal/access", "internal/member", "internal/signin", "internal/sso", "internal/directory", "internal/redact", "internal/project", "internal/listview", "internal/brand", "internal/limit", "internal/usage", "internal/request", "internal/catalog", "internal/component", "internal/operation", "internal/runner", "internal/code", "internal/draft", "internal/provider", "internal/rehearsal", "internal/inbound", "internal/appfile", "internal/bundle", "internal/registry", "internal/upstream", "internal/event", "internal/notify", "internal/webhook", "internal/auditwebhook", "internal/plan", "internal/paced", "internal/replay", "internal/retention", "internal/erasure", "internal/rename", "internal/account", "internal/datastore", "internal/stash", "internal/action", "internal/session", "internal/connect", "internal/toolprofile", "internal/approval", "internal/authorization", "internal/statistics",
	"internal/imports", "internal/endpoint", "internal/mail", "internal/workflow", "internal/instance", "internal/variable", "internal/manifest", "internal/archive", "internal/promotion", "internal/intake", "internal/run", "internal/rerun", "internal/firing", "internal/trigger", "internal/removal", "internal/backlog", "internal/backup",
	// apart: what tries the engine as a third party would
	"internal/torture", "internal/chaos", "internal/bench",
	// apart: a client of the API, on a developer's machine
	"internal/listen", "internal/workbench", "internal/folder",
	// faces: one audience each; none imports another but what they share
	"api/answer", "api/caller", "api/rest/gen", "api/rest", "api/proxy", "api/ingress", "api/smtp", "api/download", "api/resume", "api/hosted", "api/scim", "api/mcp", "api/oauth", "api/docs", "api/console",
	// wiring, and what is typed
	"api/app", "api/command", "api",
	// a product of a customer, as an example
	"sdk/examples/saas",
}

// faces must not know each other.
var faces = []string{"api/rest", "api/proxy", "api/ingress", "api/smtp", "api/download", "api/resume", "api/hosted", "api/scim", "api/mcp", "api/oauth", "api/docs", "api/console"}

func TestOrder(t *testing.T) {
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(from, "internal/testkit") || from == "internal/arch" {
			continue
		}
		at := slices.Index(order, from)
		if at < 0 {
			t.Errorf("%s has no place in the order: add it", from)
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if ours && slices.Index(order, to) >= at {
				t.Errorf("%s imports %s, which stands above it", from, to)
			}
			if ours && slices.Contains(faces, from) && slices.Contains(faces, to) {
				t.Errorf("%s imports %s: a face knows no other face", from, to)
			}
			if from != "internal/db" && imp == "gorm.io/driver/postgres" {
				t.Errorf("%s opens a database of its own: use internal/db", from)
			}
			if strings.HasPrefix(from, "internal/") && imp == "github.com/gin-gonic/gin" {
				t.Errorf("%s knows HTTP: that belongs in api/", from)
			}
		}
	}
}

// systemCallers may work across tenants. Each says why.
var systemCallers = map[string]string{
	"internal/authorization/authorization.go": "looks a resource up by its address, to learn its tenant",
	"internal/authorization/authorize.go":     "looks a request up by the hash of one of its secrets, which are unique, to learn its tenant",
	"internal/authorization/tokens.go":        "the same of a token",
	"internal/authorization/allowed.go":       "deletes what is over, of every tenant",
	"internal/authorization/client.go":        "clients register before they have said for whom",

	"internal/member/service.go":       "people belong to the installation, and members to a workspace",
	"internal/member/members.go":       "the same",
	"internal/member/invitation.go":    "an invitation belongs to a workspace, and is looked up by the hash of its token, which is unique",
	"internal/member/workspace.go":     "workspaces stand above tenants",
	"internal/member/addresses.go":     "the same",
	"internal/member/deletion.go":      "the same; and finds those that are to go",
	"internal/signin/workspace.go":     "the same",
	"internal/signin/service.go":       "sign-in comes before any tenant is known",
	"internal/signin/sessions.go":      "sessions belong to a person; deletes what is over",
	"internal/signin/password.go":      "passwords belong to a person",
	"internal/signin/factors.go":       "what people sign in with belongs to a person; a workspace says whether it asks for two",
	"internal/signin/lost.go":          "the same, for who runs the installation",
	"internal/signin/totp.go":          "authenticator apps belong to a person",
	"internal/signin/passkey.go":       "passkeys belong to a person",
	"internal/signin/confined.go":      "sessions belong to a person",
	"internal/sso/service.go":          "a connection belongs to a workspace, by whose id it is found",
	"internal/sso/flow.go":             "sign-in comes before any tenant is known: by the domain of an e-mail, and by the hash of a state, which is unique",
	"internal/sso/directory.go":        "a directory's token belongs to a workspace, and is looked up by its hash, which is unique",
	"internal/directory/service.go":    "users and groups of a directory belong to a workspace, whose connection its token names",
	"internal/sso/enter.go":            "people belong to the installation, and members to the workspace whose connection it is",
	"internal/access/service.go":       "clients and signing keys belong to a workspace or to the installation",
	"internal/access/clients.go":       "clients and keys belong to a workspace, each by its id",
	"internal/audit/service.go":        "reads the log of one workspace, over all its projects",
	"internal/audit/chain.go":          "seals the log of every workspace, over all its projects",
	"internal/audit/expire.go":         "lets go of what is too old in the log of every workspace",
	"internal/archive/archive.go":      "reads the version of the schema, which is the installation's",
	"internal/auditwebhook/service.go": "a webhook belongs to a workspace, by whose id it is found",
	"internal/auditwebhook/push.go":    "sends the log of each workspace to its own webhook, over all its projects",
	"internal/auditwebhook/letters.go": "finds workspaces of every tenant that are to be told of their webhook",
	"internal/audit/export.go":         "reads the log of one workspace, over all its projects",
	"internal/audit/verify.go":         "holds the log of a workspace against its chain, for who runs the installation",
	"internal/project/delete.go":       "has a project go, by its workspace, and finds those of every tenant that are to go",
	"internal/project/project.go":      "finds and makes the tenants themselves, each by its workspace",
	"internal/db/fits.go":              "reads what migrations need, and no tenant's rows",
	"internal/db/migrating.go":         "reads who holds a lock, and no tenant's rows",
	"internal/db/hold.go":              "holds what nobody may let go of, and reads no row",
	"internal/db/replica.go":           "asks where the database's log ends, and reads no tenant's rows",
	"internal/db/pooler.go":            "looks at the connection itself, and at no tenant's rows",
	"internal/db/examine.go":           "looks at roles and the clock, and at no tenant's rows",
	"internal/keys/keys.go":            "keys belong to the installation; asks whether anything is sealed at all",
	"internal/keys/status.go":          "counts what each data key seals, in every tenant's tables, and reads no more than which key it is",
	"internal/keys/rotate.go":          "seals every tenant's secrets anew under another data key, each in its own row",
	"internal/keys/master.go":          "data keys belong to the installation",
	"internal/connect/token.go":        "looks a connect token up by its hash, which is unique, to learn its tenant",
	"internal/connect/place.go":        "looks a flow up by the hash of its state, which is unique, to learn at which host its browser is known",
	"internal/connect/verify.go":       "looks a verification up by the hash of its nonce, which is unique, to learn its tenant",
	"internal/connect/verified.go":     "the same by the hash of its key; and deletes what is old, of every tenant",
	"internal/connect/callback.go":     "looks a flow up by the hash of its state, which is unique, to learn its tenant",
	"internal/connect/sweep.go":        "finds flows of every tenant that nobody goes on with, and writes nothing",
	"internal/endpoint/endpoint.go":    "looks an address up by its name, which is unique, to learn its tenant",
	"internal/appfile/logo.go":         "shows a logo by its id, which its address names, to a browser that names no tenant",
	"internal/brand/file.go":           "shows a logo or a font by its id, which its address names, to a browser that names no tenant",
	"internal/brand/domain.go":         "learns from the host of a request whose pages are there, before any tenant is known",
	"internal/bundle/bundle.go":        "looks a bundle up by its hash, which is of its content and the same for all who have it",
	"internal/bundle/sweep.go":         "deletes content of packages of every workspace that nothing is of any more",
	"internal/appfile/sound.go":        "finds which workspaces have app files, for the doctor, and reads each as its own workspace",
	"internal/plan/service.go":         "reads a workspace's plan and what it used, by one of its projects",
	"internal/plan/plans.go":           "plans belong to the installation",
	"internal/plan/warn.go":            "finds projects of every tenant that have quotas, and tells each as itself",
	"internal/usage/fold.go":           "folds what every tenant used, each into its own days, and deletes what is too old to be kept",
	"internal/usage/list.go":           "counts what one workspace used, over all its projects",
	"internal/limit/custom.go":         "a limit belongs to a workspace and is looked up by its token's hash, which is unique",
	"internal/request/log.go":          "writes the log of many tenants at once, each row with its owner",
	"internal/backlog/backlog.go":      "counts what waits of every tenant, and reads nothing of it",
	"internal/request/sweep.go":        "deletes what is too old to be kept, of every tenant",
	"internal/action/dynamic.go":       "the same",
	"internal/action/log.go":           "writes the log of many tenants at once, each row with its owner",
	"internal/action/worker.go":        "claims queued runs of every tenant, and takes back those of dead processes",
	"internal/session/sweep.go":        "the same",
	"internal/variable/uses.go":        "finds the projects of one workspace, whose workflows it then reads as each project",
	"internal/stash/stash.go":          "lets files of every tenant go whose time is over",
	"internal/datastore/stores.go":     "deletes records and stores of every tenant whose time is over",
	"internal/imports/worker.go":       "finds imports of every tenant that nobody is at, and writes nothing",
	"internal/account/schedule.go":     "claims due tokens of every tenant, takes back the leases of dead workers, and finds what ends soon",
	"internal/account/probe.go":        "claims accounts of every tenant that are to be tried",
	"internal/backup/write.go":         "copies every tenant's rows and blobs, for who runs the installation",
	"internal/backup/restore.go":       "looks whether a database is empty, and holds what is in it against what was copied",
	"internal/torture/lab.go":          "has a database of its own, whose rows it makes, ends and counts",
	"internal/torture/crowd.go":        "the same",
	"internal/torture/invariants.go":   "the same",
	"internal/torture/surroundings.go": "the same",
	"internal/db/clock.go":             "asks the time, which is nobody's",
	"internal/account/revoke.go":       "finds credentials of every tenant that are to be revoked, and writes nothing",
	"internal/account/secrets.go":      "destroys clients' secrets of every tenant whose time is over",
	"internal/trigger/claim.go":        "claims sources of every tenant whose time has come",
	"internal/trigger/asked.go":        "finds what workflows of every tenant ask for, and writes nothing",
	"internal/trigger/orphan.go":       "finds what is left at apps by every tenant, and writes nothing",
	"internal/trigger/sweep.go":        "finds triggers of every tenant that something is to be told of, and deletes what is over",
	"internal/firing/sweep.go":         "finds what is due for workflows of every tenant, and deletes what is over",
	"internal/run/sweep.go":            "finds due runs of every tenant, and writes nothing",
	"internal/run/gather.go":           "claims and writes runs of many tenants at once, each with its owner and its lease",
	"internal/trigger/accept.go":       "writes events of many tenants at once, each with the owner of its trigger",
	"internal/retention/retention.go":  "deletes what is too old to be kept, of every tenant",
	"internal/retention/runs.go":       "deletes runs that are too old or too much, of every tenant",
	"internal/rename/sweep.go":         "finds users of every tenant who were renamed, and goes on with each in its own scope",
	"internal/erasure/sweep.go":        "finds users of every tenant who are to be erased, and erases each in its own scope",
	"internal/retention/shorter.go":    "deletes what a project keeps for less time than the installation does",
	"internal/retention/days.go":       "makes and drops tables, of which each holds a day of every tenant",
	"internal/db/statistics.go":        "has tables studied, which are everybody's",
	"internal/event/payloads.go":       "finds blobs that no event of any tenant holds, to delete them",
	"internal/run/deadletters.go":      "counts runs of every tenant that wait for a person, and finds whose are old; each is told in its own scope",
	"internal/paced/paced.go":          "finds running jobs of every tenant, and writes nothing",
	"internal/webhook/deadletters.go":  "counts dead letters of every tenant, and tells each as itself",
	"internal/notify/sweep.go":         "finds notices and digests of every tenant that are due, and deletes what is too old",
	"internal/webhook/sweep.go":        "finds due deliveries of every tenant, and takes back those of dead workers",
}

func TestSystemCallers(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if (strings.Contains(string(src), ".System(") || strings.Contains(string(src), ".DB.Pipe(") || strings.Contains(string(src), ".DB.Look(")) && systemCallers[name] == "" && !strings.HasPrefix(name, "internal/testkit/") {
			t.Errorf("%s works across tenants: say why in systemCallers, or use db.In", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

package app

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/sso"
)

// Config is all that the outside may set. It is read once, in main, and handed
// down in pieces; no other code looks at the environment.
type Config struct {
	DatabaseURL    string        `env:"DATABASE_URL"`
	DirectURL      string        `env:"DATABASE_DIRECT_URL"`  // of the same database, past a pooler: for migrations and backups; "" = DatabaseURL
	ReplicaURL     string        `env:"DATABASE_REPLICA_URL"` // of a standby that lists are read from; "" = they are read where all else is
	RedisURL       string        `env:"REDIS_URL"`
	MasterKey      string        `env:"MASTER_KEY,unset"` // where the key is that wraps all others: file:///…, aws-kms://…, gcp-kms://…, hcvault://…, or 32 bytes in base64
	Listen         string        `env:"LISTEN" envDefault:":8080"`
	WorkListen     string        `env:"WORK_LISTEN"` // where a process that works tells how it does; "" = nowhere
	TLSListen      string        `env:"TLS_LISTEN"`  // "" = TLS ends before us
	TLSCert        string        `env:"TLS_CERT"`
	TLSKey         string        `env:"TLS_KEY"`
	PublicURL      string        `env:"PUBLIC_URL" envDefault:"http://localhost:8080"`
	ConnectURL     string        `env:"CONNECT_URL"`     // of the hosted pages; "" = PublicURL
	TrustedProxies string        `env:"TRUSTED_PROXIES"` // address prefixes of the reverse proxies before us, whose X-Forwarded-For is believed; "" = nobody's
	WorkflowDomain string        `env:"WORKFLOW_DOMAIN" envDefault:"workflows.localhost"`
	DemoURL        string        `env:"DEMO_URL"`           // "" = no demo provider in the catalogue
	EgressAllow    string        `env:"EGRESS_ALLOW"`       // private address prefixes that may be called
	EgressProxy    string        `env:"EGRESS_PROXY,unset"` // http://, https:// or socks5://, with user and password: what goes out goes through it; "" = none
	Sandbox        string        `env:"SANDBOX"`            // none = components and code steps run unprotected; "" = isolated, or refused where this machine cannot
	SMTPURL        string        `env:"SMTP_URL,unset"`     // of the server that sends e-mail: smtp://user:password@host:587, smtps://…; "" = no e-mail
	SMTPFrom       string        `env:"SMTP_FROM"`          // whom its e-mail is from
	SMTPAddress    string        `env:"SMTP_ADDRESS"`       // at which e-mail for triggers is taken, such as :25; "" = none is
	SMTPDomain     string        `env:"SMTP_DOMAIN"`        // of the addresses; "" = WorkflowDomain
	SMTPCert       string        `env:"SMTP_CERT"`          // for STARTTLS; "" = none is offered
	SMTPKey        string        `env:"SMTP_KEY"`
	SpoolDir       string        `env:"SPOOL_DIR"`                          // on a disk that outlives the process; "" = in Redis
	Blobs          string        `env:"BLOBS"`                              // where payloads go that are too large for a row: file:///folder that all processes share, s3://bucket?region=…, gs://bucket, azblob://container; "" = into their rows all the same
	PayloadMost    int           `env:"PAYLOAD_IN_ROW" envDefault:"262144"` // bytes of a payload that lies in its row, when there is a place for larger ones
	ComponentDir   string        `env:"COMPONENT_DIR"`                      // where packages of components are unpacked, which may be lost; "" = in /var/cache, or in the cache of a user who is not root
	BaseURL        string        `env:"BASE_URL"`                           // of the server that commands call; "" = where the profile logged in, or else PublicURL
	ClientID       string        `env:"CLIENT_ID"`
	ProjectID      string        `env:"PROJECT_ID"`  // that commands are about, where they name no other
	Environment    string        `env:"ENVIRONMENT"` // the same; "" = the profile's, or else development
	Profile        string        `env:"PROFILE"`     // under which patchbay login remembered; "" = the one in use
	ClientSecret   string        `env:"CLIENT_SECRET,unset"`
	MetricsToken   string        `env:"METRICS_TOKEN,unset"`
	DBConnections  int           `env:"DB_CONNECTIONS" envDefault:"40"`
	Concurrency    int           `env:"WORKER_CONCURRENCY" envDefault:"32"`
	SweepEvery     time.Duration `env:"SWEEP_EVERY" envDefault:"1s"`
	Drain          time.Duration `env:"DRAIN" envDefault:"30s"`
	ProxyTimeout   time.Duration `env:"PROXY_TIMEOUT" envDefault:"30s"`          // until an app's answer begins
	TokenLimit     string        `env:"CONNECT_TOKEN_LIMIT" envDefault:"100/1m"` // connect tokens of a user; none = no limit
	AccountLimit   string        `env:"ACCOUNT_LIMIT" envDefault:"2000/5m"`      // reading and deleting accounts of a project; none = no limit
	ComponentLimit string        `env:"COMPONENT_LIMIT" envDefault:"3000/5m"`    // reading components, of a project; none = no limit
	ProxyLimit     string        `env:"PROXY_LIMIT" envDefault:"1000/5m"`        // calls of a project; none = no limit
	ActionTimeout  time.Duration `env:"ACTION_TIMEOUT" envDefault:"60s"`         // of a whole run
	ActionLimit    string        `env:"ACTION_LIMIT" envDefault:"2000/5m"`       // runs, and questions about props, of a project; none = no limit
	ActionLog      time.Duration `env:"ACTION_LOG_KEEP" envDefault:"720h"`       // how long runs of actions are remembered; 0 = for ever
	PollLeast      time.Duration `env:"POLL_LEAST" envDefault:"10s"`             // the shortest interval at which a trigger may look for what is new
	PauseAfter     time.Duration `env:"TRIGGER_PAUSE_AFTER" envDefault:"120h"`   // for so long a trigger may fail before it is switched off; 0 = for ever
	RequestLog     time.Duration `env:"REQUEST_LOG_KEEP" envDefault:"168h"`      // how long proxied requests stay in the log; 0 = for ever
	SessionLog     time.Duration `env:"CONNECT_SESSION_KEEP" envDefault:"720h"`  // how long recorded connect sessions are kept; 0 = for ever
	EventKeep      time.Duration `env:"EVENT_KEEP" envDefault:"720h"`            // how long events, deliveries that are over, and attempts are kept; 0 = for ever
	RunKeep        time.Duration `env:"RUN_KEEP" envDefault:"720h"`              // how long runs that are over are kept, where a project says nothing else; 0 = for ever
	AuditKeep      time.Duration `env:"AUDIT_KEEP"`                              // how long the audit log is kept, where a workspace says nothing else; 0 = for ever
	UsageKeep      time.Duration `env:"USAGE_KEEP" envDefault:"9600h"`           // how long it is kept what was used on each day; 0 = for ever
	DeadLetterAge  time.Duration `env:"DEAD_LETTER_AGE" envDefault:"24h"`        // at which an environment is told of its dead letters; 0 = never
	NewWorkspaces  string        `env:"NEW_WORKSPACES" envDefault:"owners"`      // who may make another workspace: anybody, owners (of one) or nobody
	WorkspaceGrace time.Duration `env:"WORKSPACE_GRACE" envDefault:"168h"`       // for which a workspace that is to be deleted can be taken back
	SSODomains     string        `env:"SSO_DOMAINS"`                             // of e-mails that workspaces may take by single sign-on without a proof by DNS: example.com, or example.com=o_… for one workspace
	DevUsers       int           `env:"DEVELOPMENT_USERS"`                       // how many users may have accounts in a development environment; 0 = any number
	LogLevel       slog.Level    `env:"LOG_LEVEL" envDefault:"INFO"`

	MCPRegistration bool `env:"MCP_REGISTRATION"` // MCP clients may register themselves (RFC 7591); off = they are known by metadata documents alone

	Runner  RunnerConfig                        `envPrefix:"RUNNER_"`
	Folder  func(bundle string) (string, error) `env:"-"` // of an installed package; nil = as it was installed
	Code    []*component.Component              `env:"-"` // that there is besides what ships
	Machine func() time.Time                    `env:"-"` // the machine's clock; nil = as it is. For tortures, which put it wrong
}

// Load reads the environment.
func Load() (Config, error) {
	c, err := env.ParseAsWithOptions[Config](env.Options{Prefix: "PATCHBAY_"})
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	c.ConnectURL = strings.TrimSuffix(c.ConnectURL, "/")
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.ConnectURL == "" {
		c.ConnectURL = c.PublicURL
	}
	return c, nil
}

// direct is the database's address for what a pooler cannot carry.
func (c *Config) direct() string {
	if c.DirectURL != "" {
		return c.DirectURL
	}
	return c.DatabaseURL
}

// Plain reports whether who runs a command wants no colours, as https://no-color.org says.
func Plain() bool {
	v, _ := os.LookupEnv("NO_COLOR")
	return v != ""
}

// ssoDomains are the domains that the operator says are workspaces'.
func (c *Config) ssoDomains() (all []string) {
	for one := range strings.SplitSeq(c.SSODomains, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// Check refuses what cannot work, with a sentence that says how to mend it.
func (c *Config) Check() error {
	switch {
	case c.DatabaseURL == "":
		return configError("PATCHBAY_DATABASE_URL is not set. Give the address of a PostgreSQL database, or try everything out with: make dev")
	case c.RedisURL == "":
		return configError("PATCHBAY_REDIS_URL is not set. Give the address of a Redis, or try everything out with: make dev")
	case c.MasterKey == "":
		return configError("PATCHBAY_MASTER_KEY is not set. Name a file outside of the database, such as file:///var/lib/patchbay/master.key: the first start makes it")
	case c.Concurrency < 1:
		return configError("PATCHBAY_WORKER_CONCURRENCY is %d, want 1 or more", c.Concurrency)
	case c.DBConnections < 2:
		return configError("PATCHBAY_DB_CONNECTIONS is %d, want 2 or more", c.DBConnections)
	case c.NewWorkspaces != "" && c.NewWorkspaces != member.Anybody && c.NewWorkspaces != member.Owners && c.NewWorkspaces != member.Nobody:
		return configError("PATCHBAY_NEW_WORKSPACES is %q, want anybody, owners or nobody", c.NewWorkspaces)
	case c.WorkspaceGrace < 0:
		return configError("PATCHBAY_WORKSPACE_GRACE is %s, want a time such as 168h", c.WorkspaceGrace)
	case sso.CheckDomains(c.ssoDomains()) != nil:
		return configError("PATCHBAY_SSO_DOMAINS: %w", sso.CheckDomains(c.ssoDomains()))
	case c.SweepEvery <= 0:
		return configError("PATCHBAY_SWEEP_EVERY is %s, want a time such as 1s", c.SweepEvery)
	case (c.SMTPCert == "") != (c.SMTPKey == ""):
		return configError("PATCHBAY_SMTP_CERT and PATCHBAY_SMTP_KEY are set together or not at all")
	case (c.TLSListen == "") != (c.TLSCert == "") || (c.TLSCert == "") != (c.TLSKey == ""):
		return configError("PATCHBAY_TLS_LISTEN, PATCHBAY_TLS_CERT and PATCHBAY_TLS_KEY are set together or not at all")
	}
	if c.Blobs != "" {
		if err := blob.Check(c.Blobs); err != nil {
			return configError("PATCHBAY_BLOBS: %s", err)
		}
	}
	if c.Blobs != "" && c.PayloadMost < 1024 {
		return configError("PATCHBAY_PAYLOAD_IN_ROW is %d, want 1024 bytes or more", c.PayloadMost)
	}
	if err := c.Runner.check(); err != nil {
		return err
	}
	if err := masterkey.Check(c.MasterKey); err != nil {
		return configError("PATCHBAY_MASTER_KEY: %s", err)
	}
	for name, v := range map[string]string{"PUBLIC_URL": c.PublicURL, "CONNECT_URL": c.ConnectURL} {
		if u, err := url.Parse(v); err != nil || u.Host == "" || u.Path != "" {
			return configError("PATCHBAY_%s is %q, want a scheme and a host such as https://patchbay.example.com", name, v)
		}
	}
	for name, text := range map[string]string{"CONNECT_TOKEN_LIMIT": c.TokenLimit, "ACCOUNT_LIMIT": c.AccountLimit, "COMPONENT_LIMIT": c.ComponentLimit, "PROXY_LIMIT": c.ProxyLimit, "ACTION_LIMIT": c.ActionLimit} {
		if _, err := limit.ParseRate(text); text != "" && err != nil {
			return configError("PATCHBAY_%s is %q, want requests and a window such as 1000/5m, or none", name, text)
		}
	}
	if _, err := egress.ParsePrefixes(c.EgressAllow); err != nil {
		return configError("PATCHBAY_EGRESS_ALLOW: %s", err)
	}
	if c.Sandbox != "" && c.Sandbox != string(sandbox.Plain) {
		return configError("PATCHBAY_SANDBOX is %q, want none, or nothing", c.Sandbox)
	}
	if c.SMTPURL != "" {
		if _, err := notify.NewMailer(c.SMTPURL, c.SMTPFrom, nil); err != nil {
			return configError("PATCHBAY_SMTP_URL and PATCHBAY_SMTP_FROM: %s", err)
		}
	}
	if err := c.through(egress.NewGuard()); err != nil {
		return err
	}
	if _, err := egress.ParsePrefixes(c.TrustedProxies); err != nil {
		return configError("PATCHBAY_TRUSTED_PROXIES: %s", err)
	}
	return nil
}

// through leads what a guard lets out through the egress proxy, if there is one.
// The error does not repeat the setting, which may hold a password.
func (c *Config) through(g *egress.Guard) error {
	if c.EgressProxy == "" {
		return nil
	}
	if err := g.Through(c.EgressProxy); err != nil {
		return configError("PATCHBAY_EGRESS_PROXY: %s", err)
	}
	return nil
}

// Guard is the way out for a command.
func (c *Config) Guard() (*egress.Guard, error) {
	allow, err := egress.ParsePrefixes(c.EgressAllow)
	if err != nil {
		return nil, err
	}
	g := egress.NewGuard(allow...)
	return g, c.through(g)
}

// tier is how code is kept in: the empty one is the best that the machine has.
func (c *Config) tier() sandbox.Tier { return sandbox.Tier(c.Sandbox) }

// trustedProxies reads the list as Check has taken it.
func (c *Config) trustedProxies() []string {
	prefixes, _ := egress.ParsePrefixes(c.TrustedProxies)
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = p.String()
	}
	return out
}

// hosts are the host names of the installation itself.
func (c *Config) hosts() []string {
	out := []string{strings.ToLower(c.WorkflowDomain)}
	for _, at := range []string{c.PublicURL, c.ConnectURL} {
		if u, err := url.Parse(at); err == nil {
			out = append(out, strings.ToLower(u.Hostname()))
		}
	}
	return out
}

// componentDir is where packages of components are unpacked.
func (c *Config) componentDir() string {
	if c.ComponentDir != "" {
		return c.ComponentDir
	}
	dir, err := os.UserCacheDir()
	if err != nil || os.Geteuid() == 0 { // what runs modules for root is another user, who reads nothing of root's
		dir = "/var/cache"
	}
	return filepath.Join(dir, "patchbay", "components")
}

func (c *Config) proxyTimeout() time.Duration { return orDefault(c.ProxyTimeout, 30*time.Second) }

func (c *Config) actionTimeout() time.Duration { return orDefault(c.ActionTimeout, time.Minute) }

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// limits are the server's, by their names; an empty setting is taken for none at all.
func (c *Config) limits() map[string]limit.Rate {
	out := map[string]limit.Rate{}
	for name, text := range map[string]string{limit.ConnectTokens: c.TokenLimit, limit.Accounts: c.AccountLimit, limit.Components: c.ComponentLimit, limit.Actions: c.ActionLimit, limit.Proxy: c.ProxyLimit} {
		out[name], _ = limit.ParseRate(text) // Check has read it
	}
	return out
}

func configError(format string, args ...any) error {
	return fmt.Errorf("configuration: "+format, args...)
}

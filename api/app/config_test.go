package app_test

import (
	"cmp"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// A configuration that cannot work is refused before anything is opened, by a
// sentence that names the setting.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*app.Config)
		says   string // "" = it is taken
	}{
		"what works":                   {func(*app.Config) {}, ""},
		"TLS with all of its three":    {func(c *app.Config) { c.TLSListen, c.TLSCert, c.TLSKey = ":8443", "c.pem", "k.pem" }, ""},
		"private networks":             {func(c *app.Config) { c.EgressAllow = "10.0.0.0/8, ::1/128" }, ""},
		"no database":                  {func(c *app.Config) { c.DatabaseURL = "" }, "PATCHBAY_DATABASE_URL"},
		"no Redis":                     {func(c *app.Config) { c.RedisURL = "" }, "PATCHBAY_REDIS_URL"},
		"no master key":                {func(c *app.Config) { c.MasterKey = "" }, "file:///"},
		"no tasks at once":             {func(c *app.Config) { c.Concurrency = 0 }, "PATCHBAY_WORKER_CONCURRENCY is 0"},
		"one database connection":      {func(c *app.Config) { c.DBConnections = 1 }, "PATCHBAY_DB_CONNECTIONS is 1"},
		"TLS without a certificate":    {func(c *app.Config) { c.TLSListen = ":8443" }, "PATCHBAY_TLS_CERT"},
		"a certificate without a key":  {func(c *app.Config) { c.TLSListen, c.TLSCert = ":8443", "c.pem" }, "PATCHBAY_TLS_KEY"},
		"a certificate and no address": {func(c *app.Config) { c.TLSCert, c.TLSKey = "c.pem", "k.pem" }, "PATCHBAY_TLS_LISTEN"},
		"a public URL with a path":     {func(c *app.Config) { c.PublicURL = "https://example.com/patchbay" }, "PATCHBAY_PUBLIC_URL"},
		"a public URL without scheme":  {func(c *app.Config) { c.PublicURL = "example.com" }, "PATCHBAY_PUBLIC_URL"},
		"a connect URL that is none":   {func(c *app.Config) { c.ConnectURL = "::" }, "PATCHBAY_CONNECT_URL"},
		"no such sandbox":              {func(c *app.Config) { c.Sandbox = "some" }, "PATCHBAY_SANDBOX"},
		"an address for a prefix":      {func(c *app.Config) { c.EgressAllow = "10.0.0.1" }, "PATCHBAY_EGRESS_ALLOW"},
		"proxies before us":            {func(c *app.Config) { c.TrustedProxies = "10.0.0.0/8, fd00::/8" }, ""},
		"a proxy by its name":          {func(c *app.Config) { c.TrustedProxies = "proxy.example.com" }, "PATCHBAY_TRUSTED_PROXIES"},
		"no time between two sweeps":   {func(c *app.Config) { c.SweepEvery = 0 }, "PATCHBAY_SWEEP_EVERY"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := app.Config{
				DatabaseURL: "postgres://u@h/d", RedisURL: "redis://h", MasterKey: "file:///k", PublicURL: "https://patchbay.example.com",
				ConnectURL: "https://connect.example.com", Concurrency: 1, DBConnections: 2, SweepEvery: 1,
			}
			tt.change(&c)
			err := c.Check()
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Fatalf("Check() = %v, want %q in it", err, tt.says)
			}
		})
	}
}

// SETTINGS.md has a row for each setting, with what it is unless set, and for no other.
func TestSettingsAreWrittenDown(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../SETTINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `.*$").FindAllString(string(page), -1) {
		cells := strings.Split(row, "|")
		for _, name := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			rows[name[1]] = strings.TrimSpace(cells[2])
		}
	}
	var walk func(of reflect.Type, prefix string)
	walk = func(of reflect.Type, prefix string) {
		for f := range of.Fields() {
			if more, ok := f.Tag.Lookup("envPrefix"); ok {
				walk(f.Type, prefix+more)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			if name == "" || name == "-" {
				continue
			}
			unless, there := rows[prefix+name]
			if is := f.Tag.Get("envDefault"); !there || is != "" && unless != "`"+is+"`" {
				t.Errorf("%s is %s unless set, and SETTINGS.md says %s", prefix+name, cmp.Or(is, "nothing"), cmp.Or(unless, "nothing"))
			}
			delete(rows, prefix+name)
		}
	}
	walk(reflect.TypeFor[app.Config](), "")
	for name := range rows {
		t.Errorf("there is no setting %s", name)
	}
}

package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose reads the files as docker compose does.
func compose(t *testing.T, environment map[string]string, files ...string) *types.Project {
	t.Helper()
	details := types.ConfigDetails{WorkingDir: top, Environment: environment}
	for _, f := range files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: f, Content: []byte(read(t, f))})
	}
	p, err := loader.LoadWithContext(t.Context(), details, func(o *loader.Options) { o.SetProjectName("patchbay", true) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The file stands alone: nothing in it is of a checkout, or has to be set before.
func TestComposeStandsAlone(t *testing.T) {
	t.Parallel()
	p := compose(t, nil, "docker-compose.yml")
	for name, s := range p.Services {
		if s.Build != nil || len(s.EnvFiles) > 0 || len(s.Configs) > 0 || len(s.Secrets) > 0 {
			t.Errorf("%s is built here, or reads a file of a checkout", name)
		}
		if _, tag, ok := strings.Cut(s.Image, ":"); !ok || strings.HasPrefix(tag, "latest") {
			t.Errorf("%s runs %s, whose version nobody chose", name, s.Image)
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeVolume {
				t.Errorf("%s mounts %s of the machine", name, v.Source)
			}
		}
		if s.Privileged || len(s.CapAdd) > 0 {
			t.Errorf("%s has rights of the machine", name)
		}
		if name != "migrate" && (s.HealthCheck == nil || s.HealthCheck.Disable) {
			t.Errorf("whether %s is well nobody asks", name)
		}
	}
}

func TestComposeServices(t *testing.T) {
	t.Parallel()
	p := compose(t, map[string]string{"PATCHBAY_VERSION": "9.8.7", "PATCHBAY_PORT": "9000", "POSTGRES_PASSWORD": "secret"}, "docker-compose.yml")
	for name, kept := range map[string]string{"postgres": "/var/lib/postgresql/data", "redis": "/data", "serve": "/var/lib/patchbay", "work": "/var/lib/patchbay"} {
		if s := p.Services[name]; !slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == kept && v.Source != "" }) {
			t.Errorf("%s keeps nothing of %s", name, kept)
		}
	}
	for _, name := range []string{"postgres", "redis"} {
		if s := p.Services[name]; len(s.Ports) > 0 || s.Networks["inside"] == nil && len(s.Networks) != 1 {
			t.Errorf("%s is reached from outside", name)
		}
	}
	if !p.Networks["inside"].Internal {
		t.Error("the network of the databases leads out")
	}
	for _, name := range []string{"migrate", "serve", "work"} {
		s := p.Services[name]
		if s.Image != "ghcr.io/patchbay-dev/patchbay:9.8.7-full" {
			t.Errorf("%s runs %s", name, s.Image)
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s has rights that it does not need", name)
		}
		if u := s.Environment["PATCHBAY_DATABASE_URL"]; u == nil || !strings.Contains(*u, "patchbay:secret@postgres") {
			t.Errorf("%s does not know its database", name)
		}
		if name == "migrate" {
			continue
		}
		if on := s.DependsOn["migrate"]; on.Condition != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s begins before the schema is there", name)
		}
		if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) <= 30*time.Second {
			t.Errorf("%s is killed within its drain", name)
		}
	}
	if got := p.Services["serve"].Ports; len(got) != 1 || got[0].Published != "9000" || got[0].Target != 8080 {
		t.Errorf("serve is reached at %+v", got)
	}
	if p.Services["work"].Environment["PATCHBAY_WORK_LISTEN"] == nil || p.Services["serve"].Environment["PATCHBAY_WORK_LISTEN"] != nil {
		t.Error("the health check asks who does not answer")
	}
}

// From a checkout the same stack is built.
func TestComposeBuilds(t *testing.T) {
	t.Parallel()
	p := compose(t, nil, "docker-compose.yml", "deploy/compose.build.yml")
	for _, name := range []string{"migrate", "serve", "work"} {
		s := p.Services[name]
		if s.Build == nil || s.Build.Dockerfile != "deploy/Dockerfile" || s.Build.Target != "full" || s.Image != "patchbay:local" || len(s.Command) != 1 || s.Command[0] != name {
			t.Errorf("%s is %s, built by %+v, and runs %v", name, s.Image, s.Build, s.Command)
		}
	}
	if p.Services["postgres"].Build != nil {
		t.Error("PostgreSQL is built")
	}
}

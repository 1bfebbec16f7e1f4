package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

// A unit's lines, by section and name, in their order.
func unit(t *testing.T, path string) map[string][]string {
	t.Helper()
	out, section := map[string][]string{}, ""
	for line := range strings.Lines(read(t, path)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || section == "" {
			t.Errorf("%s: %q is no setting of a unit", path, line)
		}
		out[section+"."+name] = append(out[section+"."+name], value)
	}
	return out
}

func units(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(top + "/deploy/systemd/*.service")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d units: %v", len(files), err)
	}
	return files
}

// The units run the program that the package brings, as its user, and with no right
// that they do not need.
func TestUnits(t *testing.T) {
	t.Parallel()
	kept := map[string]string{
		"User": "patchbay", "EnvironmentFile": "/etc/patchbay/patchbay.env", "UMask": "0077", "NoNewPrivileges": "true", "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true", "PrivateDevices": "true",
		"ProtectKernelModules": "true", "ProtectKernelTunables": "true", "ProtectControlGroups": "true", "RestrictNamespaces": "true", "RestrictSUIDSGID": "true", "LockPersonality": "true", "SystemCallArchitectures": "native",
	}
	loosened := unit(t, "deploy/systemd/code.conf")
	for _, file := range units(t) {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "patchbay-"), ".service")
		u := unit(t, "deploy/systemd/"+filepath.Base(file))
		if got := u["Service.ExecStart"]; !slices.Equal(got, []string{"/usr/bin/patchbay " + name}) {
			t.Errorf("%s starts %v", name, got)
		}
		for k, want := range kept {
			if got := u["Service."+k]; !slices.Equal(got, []string{want}) {
				t.Errorf("%s has %s=%v, want %s", name, k, got, want)
			}
		}
		if name == "migrate" {
			continue
		}
		if !slices.Equal(u["Unit.Requires"], []string{"patchbay-migrate.service"}) || len(u["Service.StateDirectory"]) == 0 || len(u["Service.CacheDirectory"]) == 0 {
			t.Errorf("%s begins before the schema is there, or keeps nothing", name)
		}
		for k := range loosened {
			if k != "Service.Delegate" && len(u[k]) == 0 {
				t.Errorf("code.conf takes %s away, which %s does not have", k, name)
			}
		}
	}
}

// systemd itself takes the units, and finds little that they are exposed to.
func TestUnitsVerify(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	var copies []string
	for _, file := range units(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, filepath.Base(file)) // with a program that is on every machine
		if err := os.WriteFile(at, []byte(strings.ReplaceAll(string(text), "/usr/bin/patchbay", "/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, at)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no", "--recursive-errors=no"}, copies...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for _, at := range copies {
		out, err := exec.Command(analyze, "security", "--no-pager", "--offline=true", "--threshold=25", at).CombinedOutput()
		if err != nil {
			t.Errorf("%s is exposed: %v\n%s", filepath.Base(at), err, out)
		}
	}
}

// What a release is made of is a configuration that goreleaser reads, and names
// files that are there.
func TestRelease(t *testing.T) {
	t.Parallel()
	c, err := config.Load(top + "/.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.NFPMs) != 1 || len(c.SBOMs) != 2 {
		t.Fatalf("%d builds, %d archives, %d packages, %d SBOMs", len(c.Builds), len(c.Archives), len(c.NFPMs), len(c.SBOMs))
	}
	build, packages := c.Builds[0], c.NFPMs[0]
	if !slices.Equal(build.Goos, []string{"linux", "darwin"}) || !slices.Equal(build.Goarch, []string{"amd64", "arm64"}) {
		t.Errorf("it is built for %v on %v", build.Goos, build.Goarch)
	}
	sources := []string{build.Main, packages.Scripts.PostInstall, packages.Scripts.PreRemove}
	var places []string
	for _, f := range c.Archives[0].Files {
		sources = append(sources, f.Source)
	}
	for _, f := range packages.Contents {
		sources, places = append(sources, f.Source), append(places, f.Destination)
	}
	for _, s := range sources {
		if found, err := filepath.Glob(filepath.Join(top, s)); err != nil || len(found) == 0 {
			t.Errorf("%s is not there", s)
		}
	}
	for _, file := range units(t) {
		if want := "/usr/lib/systemd/system/" + filepath.Base(file); !slices.Contains(places, want) {
			t.Errorf("the packages do not bring %s", want)
		}
	}
	if !slices.Contains(places, "/etc/patchbay/patchbay.env") {
		t.Error("the packages do not bring the settings that the units read")
	}
}

// The packages' scripts are shell that a shell reads.
func TestPackageScripts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"installed.sh", "removed.sh"} {
		if out, err := exec.Command("sh", "-n", filepath.Join(top, "deploy/packages", name)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// A tag is published if it is a version that the changelog knows.
func TestVersion(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "CHANGELOG.md")
	if err := os.WriteFile(log, []byte("# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-12-01\n\n## 1.2.0-rc.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"v1.2.3": "version=1.2.3\n", "v1.2.0-rc.1": "version=1.2.0-rc.1\n", "v1.2.4": "", "v1.2.0": "", "v1.2": "", "1.2.3": "", "v1x2.3": "", "sdk/go/v1.2.3": ""} {
		cmd := exec.Command("bash", top+"/deploy/packages/version.sh", tag)
		cmd.Env = append(os.Environ(), "CHANGELOG="+log)
		out, err := cmd.Output()
		if got := string(out); got != want || (err == nil) != (want != "") {
			t.Errorf("%s comes to %q (%v), want %q", tag, got, err, want)
		}
	}
}

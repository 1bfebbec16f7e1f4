package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/patchbay-dev/patchbay/api/app"
)

// profile is a server where somebody logged in, as whom, and what they look at there.
type profile struct {
	URL          string `json:"url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Project      string `json:"project,omitempty"`
	Environment  string `json:"environment,omitempty"`
}

// profiles are what patchbay login remembers, in a file that nobody else reads.
type profiles struct {
	Current string              `json:"current"`
	All     map[string]*profile `json:"profiles"`

	file string
}

const firstProfile = "default"

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$`)

// profilesFile is where profiles are remembered.
func (p *Program) profilesFile() (string, error) {
	if p.Profiles != "" {
		return p.Profiles, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for settings: %w", err)
	}
	return filepath.Join(dir, "patchbay", "config.json"), nil
}

// profiles reads what is remembered; nothing is no error. A file that others may read
// is told of.
func (p *Program) profiles() (*profiles, error) {
	all := &profiles{All: map[string]*profile{}}
	file, err := p.profilesFile()
	if err != nil {
		return all, nil //nolint:nilerr // who has no folder for settings has no profiles; save says so
	}
	all.file = file
	b, err := os.ReadFile(file) //nolint:gosec // the user's own
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	if err := json.Unmarshal(b, all); err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w). Mend it, or delete it and type: patchbay login", file, err)
	}
	maps.DeleteFunc(all.All, func(_ string, one *profile) bool { return one == nil })
	if all.All == nil {
		all.All = map[string]*profile{}
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
		_, _ = fmt.Fprintf(p.Err, "patchbay: others on this machine may read %s, which holds secrets: chmod 600 %s\n", file, file)
	}
	return all, nil
}

// remembered reads the settings and what is remembered, and says which profile is meant:
// the one that flag names, else PATCHBAY_PROFILE, else the one in use.
func (p *Program) remembered(flag string) (app.Config, *profiles, string, error) {
	c, err := p.Load()
	if err != nil {
		return c, nil, "", err
	}
	all, err := p.profiles()
	if err != nil {
		return c, nil, "", err
	}
	return c, all, all.name(either(flag, c.Profile)), nil
}

// name is the profile that is meant: the one that is named, or the one in use.
func (all *profiles) name(named string) string {
	switch {
	case named != "":
		return named
	case all.Current != "":
		return all.Current
	default:
		return firstProfile
	}
}

func (all *profiles) names() []string { return slices.Sorted(maps.Keys(all.All)) }

// save writes the file whole or not at all, for its user alone.
func (all *profiles) save() (err error) {
	if all.file == "" {
		return errors.New("there is no folder for settings: set HOME or XDG_CONFIG_HOME")
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode profiles: %w", err)
	}
	dir := filepath.Dir(all.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	f, err := os.CreateTemp(dir, ".config-*") // of 0600
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write profiles: %w", err)
		}
	}()
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), all.file)
}

package bench

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
)

// Coded is what it costs to run an action that is a module: Cold the first run of
// each of many users, who have a process each; Warm those of one user, one after
// another; Full those of all. The app is on the same machine and answers at once.
type Coded struct {
	Cold      Rate    `json:"cold"`
	Warm      Rate    `json:"warm"`
	Full      Rate    `json:"full"`
	Processes int     `json:"processes"`
	Each      float64 `json:"process_mib"` // of memory, what processes share divided among them; 0 = unknown
}

const processes = 100

// module does what the declared action of the phase before does.
const module = `import { axios } from "@pipedream/platform";
const acme = { type: "app", app: "acme_crm_key" };
export default {
  key: "bench-list-contacts", name: "List Contacts", version: "0.0.1", type: "action", description: "Lists contacts.",
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: true },
  props: { acme, q: { type: "string" } },
  run({ $ }) {
    return axios($, { url: "%s/api/contacts", headers: { "X-Api-Key": this.acme.$auth.api_key }, params: { q: this.q, limit: 1 } });
  },
};
`

func (b *bench) coded(ctx context.Context) error {
	archive, err := packed(map[string]string{
		"package/package.json": `{"name":"bench","version":"0.0.1","private":true}`, "package/actions/list-contacts.mjs": fmt.Sprintf(module, b.stack.appURL),
	})
	if err != nil {
		return err
	}
	if _, _, err := b.api.sendAs(ctx, http.MethodPost, b.api.base+"/v1/component_packages", b.api.bearer, "application/octet-stream", archive); err != nil {
		return fmt.Errorf("install package: %w", err)
	}
	bodies := make([][2]string, processes) // user and account
	for i := range bodies {
		name := fmt.Sprintf("%s-%d", user, i)
		account, err := b.connect(ctx, name)
		if err != nil {
			return err
		}
		bodies[i] = [2]string{name, account}
	}
	var serial atomic.Int64
	run := func(ctx context.Context, as [2]string) error {
		text := searched + "coded-" + strconv.FormatInt(serial.Add(1), 10)
		body, err := json.Marshal(map[string]any{
			"id": "~/bench-list-contacts", "external_user_id": as[0], "configured_props": map[string]any{"acme": map[string]any{"authProvisionId": as[1]}, "q": text},
		})
		if err != nil {
			return fmt.Errorf("encode run: %w", err)
		}
		answer, _, err := b.api.send(ctx, http.MethodPost, b.api.base+b.ofProject("/actions/run"), b.api.bearer, body)
		if err != nil {
			return err
		}
		if _, ok := b.stack.arrived.at.LoadAndDelete(text); !ok {
			return fmt.Errorf("the action has not done what it was to do: %.500s", answer)
		}
		return nil
	}
	cold := load{began: now()}
	for _, as := range bodies {
		began := now()
		err := run(ctx, as)
		cold.add(ctx, now().Sub(began), err)
	}
	cold.took = now().Sub(cold.began)
	out := &Coded{Cold: cold.rate()}
	out.Processes, out.Each = below(b.stack.server.Process.Pid)
	warm := closed(ctx, 1, b.length()/2, func(ctx context.Context, _ int64) error { return run(ctx, bodies[0]) })
	out.Warm = warm.rate()
	full := closed(ctx, b.Concurrency, b.length(), func(ctx context.Context, n int64) error { return run(ctx, bodies[n%processes]) })
	out.Full = full.rate()
	b.report.Coded = out
	return nil
}

// packed is a package as npm packs it.
func packed(files map[string]string) ([]byte, error) {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for name, text := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}

// below counts the hosts of components below a process, and what each has of
// memory.
func below(pid int) (n int, each float64) {
	children := map[string][]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path) //nolint:gosec // below /proc
		if err != nil {
			continue // it has just ended
		}
		if f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); len(f) > 1 {
			children[f[1]] = append(children[f[1]], filepath.Base(filepath.Dir(path)))
		}
	}
	total := 0.0
	for all := children[strconv.Itoa(pid)]; len(all) > 0; {
		at := all[0]
		all = append(all[1:], children[at]...)
		called, _ := os.ReadFile("/proc/" + at + "/cmdline") //nolint:gosec // below /proc
		f, err := os.Open("/proc/" + at + "/smaps_rollup")   //nolint:gosec // below /proc
		if err != nil {
			continue
		}
		if bytes.Contains(called, []byte("main.mjs")) && len(children[at]) == 0 {
			n++
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
				kib, _ := strconv.ParseFloat(strings.Fields(text)[0], 64)
				total += kib / 1024
			}
		}
		_ = f.Close()
	}
	return n, round(total / max(1, float64(n)))
}

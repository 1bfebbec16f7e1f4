package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RedisGroup is several Redis servers that stand in for each other: a cluster, or a
// primary with a replica and Sentinels. Each has a port of 127.0.0.1, which it keeps.
type RedisGroup struct {
	url   string
	nodes []*redisNode
}

type redisNode struct {
	options RedisOptions
	process *Process // nil: it was ended
}

// URL tells clients how to connect.
func (g *RedisGroup) URL() string { return g.url }

// Stop ends them all.
func (g *RedisGroup) Stop() error {
	var errs []error
	for _, n := range g.nodes {
		if n.process != nil {
			errs = append(errs, n.process.Stop())
		}
	}
	return errors.Join(errs...)
}

// Crash kills the nth server. What it holds is on no disk.
func (g *RedisGroup) Crash(n int) error {
	p := g.nodes[n].process
	g.nodes[n].process = nil
	return p.Crash(syscall.SIGKILL)
}

// Restart starts the nth server again, where it was.
func (g *RedisGroup) Restart(ctx context.Context, n int) error {
	return g.nodes[n].start(ctx)
}

func (n *redisNode) start(ctx context.Context) (err error) {
	n.process, err = StartRedis(ctx, n.options)
	return err
}

// failover is after how many milliseconds a server that is silent is taken for dead.
const failover = 2000

// add starts one more server, in a folder below dir or in a temporary one.
func (g *RedisGroup) add(ctx context.Context, dir string, o RedisOptions) error {
	o.Ephemeral = true
	if dir != "" {
		o.Dir = filepath.Join(dir, fmt.Sprintf("node-%d", len(g.nodes)+1))
	}
	n := &redisNode{options: o}
	if err := n.start(ctx); err != nil {
		return err
	}
	g.nodes = append(g.nodes, n)
	return nil
}

// StartRedisCluster starts a Redis Cluster of so many primaries, each with a replica,
// and returns when all its slots are served and copied. Servers that are killed must
// find their place again: give a folder, if Restart is to be called.
func StartRedisCluster(ctx context.Context, dir string, primaries int) (g *RedisGroup, err error) {
	g = &RedisGroup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Stop())
		}
	}()
	var hosts, meets []string
	for range 2 * primaries {
		port, bus := FreePort(ctx), FreePort(ctx)
		err := g.add(ctx, dir, RedisOptions{port: port, more: []string{
			"cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-port " + strconv.Itoa(bus), "cluster-announce-ip 127.0.0.1",
			"cluster-node-timeout " + strconv.Itoa(failover), "cluster-require-full-coverage no", "cluster-replica-validity-factor 0", "repl-diskless-sync-delay 0",
		}})
		if err != nil {
			return g, err
		}
		hosts = append(hosts, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		meets = append(meets, fmt.Sprintf("CLUSTER MEET 127.0.0.1 %d %d", port, bus))
	}
	g.url = "redis-cluster://" + strings.Join(hosts, ",")
	return g, g.join(ctx, primaries, meets)
}

const redisSlots = 16384

// join makes a cluster of servers that do not know each other.
func (g *RedisGroup) join(ctx context.Context, primaries int, meets []string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ids := make([]string, len(g.nodes))
	for i, n := range g.nodes {
		if _, err := n.ask(ctx, "CLUSTER SET-CONFIG-EPOCH "+strconv.Itoa(i+1)); err != nil {
			return err
		}
		if i < primaries {
			if _, err := n.ask(ctx, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", i*redisSlots/primaries, (i+1)*redisSlots/primaries-1)); err != nil {
				return err
			}
		}
		var err error
		if ids[i], err = n.ask(ctx, "CLUSTER MYID"); err != nil {
			return err
		}
	}
	for _, meet := range meets[1:] {
		if _, err := g.nodes[0].ask(ctx, meet); err != nil {
			return err
		}
	}
	for i, n := range g.nodes[primaries:] { // which may not know its primary yet
		if err := n.until(ctx, "CLUSTER REPLICATE "+ids[i], "OK"); err != nil {
			return err
		}
	}
	for i, n := range g.nodes {
		if err := n.until(ctx, "CLUSTER INFO", "cluster_state:ok", fmt.Sprintf("cluster_known_nodes:%d", len(g.nodes)), fmt.Sprintf("cluster_size:%d", primaries)); err != nil {
			return err
		}
		if i >= primaries {
			if err := n.until(ctx, "INFO replication", "master_link_status:up"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *redisNode) ask(ctx context.Context, command string) (string, error) {
	if n.process == nil {
		return "", errors.New("this server was ended")
	}
	return askRedis(ctx, n.process.socket, command)
}

// until asks until the answer says all that it is to say.
func (n *redisNode) until(ctx context.Context, command string, says ...string) error {
	for {
		answer, err := n.ask(ctx, command)
		missing := ""
		for _, s := range says {
			if !strings.Contains(answer, s) {
				missing = s
			}
		}
		if err == nil && missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not say %q: %w", command, missing, errors.Join(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Primary returns which server of a cluster, that lives, holds a key; -1 is none at
// this moment.
func (g *RedisGroup) Primary(ctx context.Context, key string) (int, error) {
	var slot int
	for i, n := range g.nodes {
		if n.process == nil {
			continue
		}
		said, err := n.ask(ctx, "CLUSTER KEYSLOT "+key)
		if err == nil {
			slot, err = strconv.Atoi(said)
		}
		if err == nil {
			said, err = n.ask(ctx, "CLUSTER NODES")
		}
		if err != nil {
			return -1, err
		}
		if holds(said, slot) {
			return i, nil
		}
	}
	return -1, nil
}

// holds reads what a server says of itself: id, address, flags, primary, ping, pong,
// epoch, link, and its slots.
func holds(nodes string, slot int) bool {
	for line := range strings.Lines(nodes) {
		said := strings.Fields(line)
		if len(said) < 9 || !strings.Contains(said[2], "myself,master") {
			continue
		}
		for _, slots := range said[8:] {
			from, to, several := strings.Cut(slots, "-")
			if !several {
				to = from
			}
			a, aerr := strconv.Atoi(from)
			b, berr := strconv.Atoi(to)
			if aerr == nil && berr == nil && a <= slot && slot <= b {
				return true
			}
		}
	}
	return false
}

// StartRedisSentinel starts a primary, which is server 0, its replica and three
// Sentinels that watch them, and returns when these know each other.
func StartRedisSentinel(ctx context.Context, dir string) (g *RedisGroup, err error) {
	g = &RedisGroup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Stop())
		}
	}()
	first := FreePort(ctx)
	for i := range 2 {
		o := RedisOptions{port: first, more: []string{"repl-diskless-sync-delay 0"}}
		if i > 0 {
			o = RedisOptions{port: FreePort(ctx), more: append(o.more, fmt.Sprintf("replicaof 127.0.0.1 %d", first))}
		}
		if err := g.add(ctx, dir, o); err != nil {
			return g, err
		}
	}
	patience, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := g.nodes[1].until(patience, "INFO replication", "master_link_status:up"); err != nil {
		return g, err
	}
	var hosts []string
	for range 3 {
		port := FreePort(ctx)
		err := g.add(ctx, dir, RedisOptions{port: port, sentinel: true, more: []string{
			fmt.Sprintf("sentinel monitor patchbay 127.0.0.1 %d 2", first), fmt.Sprintf("sentinel down-after-milliseconds patchbay %d", failover), "sentinel failover-timeout patchbay 10000",
		}})
		if err != nil {
			return g, err
		}
		hosts = append(hosts, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	for _, s := range g.nodes[2:] {
		if err := s.until(patience, "INFO sentinel", "status=ok", "slaves=1,sentinels=3"); err != nil {
			return g, err
		}
	}
	g.url = "redis-sentinel://" + strings.Join(hosts, ",") + "?master=patchbay"
	return g, nil
}

// FreePort returns a port of 127.0.0.1 at which nobody listens. It is none of those
// that the kernel gives to connections which go out, so that it stays free while its
// server is away.
func FreePort(ctx context.Context) int {
	for {
		port := 20000 + rand.IntN(12000) //nolint:gosec // it keeps no secret
		at, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = at.Close() // for the server
			return port
		}
		if ctx.Err() != nil {
			return 0
		}
	}
}

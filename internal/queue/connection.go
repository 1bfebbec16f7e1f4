package queue

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Connection is where Redis is. Parse makes one.
type Connection = asynq.RedisConnOpt

// Parse reads a Redis URL: of one server (redis://, rediss://, redis-socket://), of
// one that Sentinels know (redis-sentinel://, rediss-sentinel://), or of a cluster
// (redis-cluster://, rediss-cluster://). The latter two take several hosts.
func Parse(address string) (Connection, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	secure := strings.HasPrefix(scheme, "rediss-")
	switch scheme {
	case "redis-sentinel", "rediss-sentinel":
		return parseSentinel(rest, secure)
	case "redis-cluster", "rediss-cluster":
		return parseCluster(rest, secure)
	}
	c, err := asynq.ParseRedisURI(address)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w", err)
	}
	return c, nil
}

// Clustered says whether a connection leads to a Redis Cluster.
func Clustered(c Connection) bool {
	_, ok := c.(cluster)
	return ok
}

// clusterLook is how often a client asks a cluster which server holds what. One that
// died says nothing, so that who asks seldom knocks at its door for as long.
const clusterLook = time.Second

// cluster is a Connection. Asynq's own asks a cluster once a minute.
type cluster redis.ClusterOptions

// MakeRedisClient is for Asynq and internal/redis.
func (c cluster) MakeRedisClient() any {
	o := redis.ClusterOptions(c)
	return redis.NewClusterClient(&o)
}

// parseSentinel reads redis-sentinel://user:password@host:port,host:port/db?master=name.
// User and password are the servers'; Sentinels have sentinel_user and sentinel_password.
func parseSentinel(rest string, secure bool) (Connection, error) {
	u, hosts, err := several(rest, "26379")
	if err != nil {
		return nil, err
	}
	q := u.Query()
	c := asynq.RedisFailoverClientOpt{
		MasterName: q.Get("master"), SentinelAddrs: hosts, SentinelUsername: q.Get("sentinel_user"), SentinelPassword: q.Get("sentinel_password"),
		Username: u.User.Username(),
	}
	c.Password, _ = u.User.Password()
	if secure {
		c.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // the name is each server's own
	}
	if c.MasterName == "" {
		return nil, errors.New("redis url: say which servers the Sentinels are asked for: ?master=name")
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if c.DB, err = strconv.Atoi(path); err != nil || c.DB < 0 {
			return nil, errors.New("redis url: what comes after the hosts is the number of a database")
		}
	}
	return c, nil
}

// parseCluster reads redis-cluster://user:password@host:port,host:port. The hosts are
// those that are asked first: which others there are is the cluster's to tell.
func parseCluster(rest string, secure bool) (Connection, error) {
	u, hosts, err := several(rest, "6379")
	if err != nil {
		return nil, err
	}
	if path := strings.Trim(u.Path, "/"); path != "" && path != "0" {
		return nil, errors.New("redis url: a cluster has one database, which is 0")
	}
	c := cluster{Addrs: hosts, Username: u.User.Username(), DialTimeout: 2 * time.Second, ClusterStateReloadInterval: clusterLook}
	c.Password, _ = u.User.Password()
	if secure {
		c.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return c, nil
}

// several reads what comes after a scheme and may name several hosts, each of which
// gets a port. The URL has all but them.
func several(rest, port string) (u *url.URL, all []string, err error) {
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	who := strings.LastIndexByte(rest[:end], '@') + 1
	if u, err = url.Parse("redis://" + rest[:who] + "hosts" + rest[end:]); err != nil {
		return nil, nil, errors.New("redis url: it cannot be read") // its text may tell a password
	}
	for h := range strings.SplitSeq(rest[who:end], ",") {
		if _, _, err := net.SplitHostPort(h); err != nil {
			h = net.JoinHostPort(strings.Trim(h, "[]"), port)
		}
		host, p, err := net.SplitHostPort(h)
		if n, perr := strconv.ParseUint(p, 10, 16); err != nil || host == "" || strings.ContainsAny(host, " /") || perr != nil || n == 0 {
			return nil, nil, errors.New("redis url: name each host as host:port, with commas between them")
		}
		all = append(all, h)
	}
	return u, all, nil
}

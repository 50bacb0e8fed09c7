package scheduler

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// redisPatience bounds dialling, reading and writing: whoever asks can do without the answer.
const redisPatience = 2 * time.Second

// errRedisURL quotes nothing of the address: it may hold a password.
var errRedisURL = errors.New("redis address not understood: use redis://[user:password@]host:port/db, rediss://…, " +
	"redis-sentinel://[:password@]host:port,host:port/db?master=name or redis-cluster://[user:password@]host:port,host:port")

// OpenRedis makes the client for a redis.url. It dials nothing; the caller closes it after Run has returned.
func OpenRedis(address string) (redis.UniversalClient, error) {
	// The library's own log is one for the process and says the same thing at every failed dial; the scheduler says once that Redis is away.
	logging.Disable()
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, errRedisURL
	}
	switch scheme {
	case "redis", "rediss":
		o, err := redis.ParseURL(address)
		if err != nil {
			return nil, errRedisURL
		}
		o.ContextTimeoutEnabled = true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout = orElse(o.DialTimeout), orElse(o.ReadTimeout), orElse(o.WriteTimeout)
		o.MaxRetries, o.DialerRetries = 1, 1
		return redis.NewClient(o), nil
	case "redis-sentinel", "redis-cluster":
		o, err := manyNodes(rest)
		if err != nil || (scheme == "redis-sentinel") != (o.MasterName != "") {
			return nil, errRedisURL
		}
		o.IsClusterMode = scheme == "redis-cluster"
		o.ContextTimeoutEnabled = true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisPatience, redisPatience, redisPatience
		o.MaxRetries, o.DialerRetries = 1, 1
		return redis.NewUniversalClient(o), nil
	default:
		return nil, errRedisURL
	}
}

func orElse(d time.Duration) time.Duration {
	if d == 0 {
		return redisPatience
	}
	return d
}

// manyNodes reads [user:password@]host:port,host:port[/db][?master=name&sentinel_password=…&tls=true]; net/url refuses more than one host.
func manyNodes(s string) (*redis.UniversalOptions, error) {
	s, query, _ := strings.Cut(s, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, errRedisURL
	}
	o := &redis.UniversalOptions{MasterName: q.Get("master"), SentinelPassword: q.Get("sentinel_password")}
	if i := strings.LastIndex(s, "@"); i >= 0 {
		user, password, _ := strings.Cut(s[:i], ":")
		if o.Username, err = url.PathUnescape(user); err != nil {
			return nil, errRedisURL
		}
		if o.Password, err = url.PathUnescape(password); err != nil {
			return nil, errRedisURL
		}
		s = s[i+1:]
	}
	hosts, db, _ := strings.Cut(s, "/")
	if db != "" {
		if o.DB, err = strconv.Atoi(db); err != nil {
			return nil, errRedisURL
		}
	}
	for host := range strings.SplitSeq(hosts, ",") {
		name, port, err := net.SplitHostPort(host)
		if err != nil || name == "" || port == "" {
			return nil, errRedisURL
		}
		o.Addrs = append(o.Addrs, host)
	}
	if q.Get("tls") == "true" {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o, nil
}

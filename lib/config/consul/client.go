package consul

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/consul/api"
)

const largest = 8 << 20 // bytes of an answer

// CheckAddress tells whether Read can use the address, which is not asked for anything.
func CheckAddress(address string) error {
	_, err := baseURL(address)
	return err
}

func baseURL(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("want HOST:PORT, or a URL that begins with http:// or https://")
	}
	return u, nil
}

// newClient keeps no connection when it is done.
func newClient(o Options) (*api.Client, error) {
	base, err := baseURL(o.Address)
	if err != nil {
		return nil, err
	}
	if err := checkEnvironment(); err != nil {
		return nil, err
	}

	c := api.DefaultNonPooledConfig()
	c.Address, c.PathPrefix, c.Token = base.Host, strings.TrimRight(base.Path, "/"), o.Token
	if base.Scheme == "https" {
		c.Scheme = base.Scheme
	}
	if base.User != nil {
		password, _ := base.User.Password()
		c.HttpAuth = &api.HttpBasicAuth{Username: base.User.Username(), Password: password}
	}

	c.HttpClient, err = api.NewHttpClient(c.Transport, c.TLSConfig)
	if err != nil {
		return nil, err
	}
	c.HttpClient.Transport = bounded{c.HttpClient.Transport}
	c.HttpClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // or the token goes with it
	return api.NewClient(c)
}

// checkEnvironment refuses what the client would take for false: a slip of the pen must not switch the check of the
// server's certificate off.
func checkEnvironment() error {
	for _, name := range []string{api.HTTPSSLEnvName, api.HTTPSSLVerifyEnvName} {
		if v := os.Getenv(name); v != "" {
			if _, err := strconv.ParseBool(v); err != nil {
				return fmt.Errorf("%s is %q: must be true or false", name, v)
			}
		}
	}
	return nil
}

// bounded ends an answer that is too long with an *http.MaxBytesError.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, largest)
	}
	return res, err
}

var errOther = errors.New("it does not answer as Consul does")

// reason leaves the URL and what was answered away.
func reason(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", timeout)
	}
	if e, ok := errors.AsType[api.StatusError](err); ok {
		return refusal(e.Code)
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("it answers with more than %d bytes", e.Limit)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return err
	}
	return errOther
}

func refusal(status int) error {
	switch status {
	case http.StatusForbidden, http.StatusUnauthorized:
		return errors.New("the token is refused, or may not read there")
	default:
		return fmt.Errorf("it answers %d %s", status, http.StatusText(status))
	}
}

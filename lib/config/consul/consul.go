// Package consul reads settings from the key/value store of Consul, and is the only door to it.
//
// Of its API it is one call that is needed, GET /v1/kv/PREFIX/?recurse, as
// https://developer.hashicorp.com/consul/api-docs/kv documents it.
package consul

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/app/lib/config"
)

const (
	timeout = 3 * time.Second
	largest = 8 << 20 // bytes of an answer
)

// Options say where the settings are.
type Options struct {
	Address string // host:port, or a URL that begins with http:// or https://
	Token   string // "" for none
	Prefix  string // the folder: PREFIX/NAME is the setting NAME
}

// Read answers within 3 s. A folder that is not there has no settings; folders in it are no settings either.
// The error holds neither the token nor a password.
func Read(ctx context.Context, o Options) (config.Layer, error) {
	folder := strings.Trim(o.Prefix, "/") + "/"
	layer := config.Layer{Origin: "Consul " + folder}
	pairs, err := list(ctx, o, strings.TrimPrefix(folder, "/"))
	if err != nil {
		return layer, fmt.Errorf("read %s from Consul: %w", folder, err)
	}

	layer.Values = map[string]string{}
	for _, p := range pairs {
		name := strings.TrimPrefix(p.Key, strings.TrimPrefix(folder, "/"))
		if name != "" && !strings.HasSuffix(name, "/") {
			layer.Values[name] = strings.TrimRight(string(p.Value), "\r\n")
		}
	}
	return layer, nil
}

// CheckAddress tells whether Read can use the address, which is not asked for anything.
func CheckAddress(address string) error {
	_, err := baseURL(address)
	return err
}

type pair struct {
	Key   string
	Value []byte // in Base64, or null
}

func list(ctx context.Context, o Options, folder string) ([]pair, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	req, err := request(ctx, o, folder)
	if err != nil {
		return nil, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // or the token goes with it
	res, err := client.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer res.Body.Close()
	return pairsOf(res)
}

func request(ctx context.Context, o Options, folder string) (*http.Request, error) {
	base, err := baseURL(o.Address)
	if err != nil {
		return nil, err
	}
	u := base.JoinPath("/v1/kv/", folder)
	u.RawQuery = "recurse=true"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err == nil && o.Token != "" {
		req.Header.Set("X-Consul-Token", o.Token)
	}
	return req, err
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

func pairsOf(res *http.Response) ([]pair, error) {
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, nil
	case http.StatusForbidden, http.StatusUnauthorized:
		return nil, errors.New("the token is refused, or may not read there")
	default:
		return nil, fmt.Errorf("it answers %s", res.Status)
	}

	text, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(text) > largest {
		return nil, fmt.Errorf("it answers with more than %d bytes", largest)
	}
	var pairs []pair
	if err := json.Unmarshal(text, &pairs); err != nil {
		return nil, errors.New("it does not answer as Consul does")
	}
	return pairs, nil
}

// reason leaves the URL away.
func reason(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", timeout)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

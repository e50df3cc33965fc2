// Package consul reads settings from the key/value store of Consul, and is the only door to its client.
//
// What the client takes from variables of the process's environment besides the address and the token holds here,
// too (https://developer.hashicorp.com/consul/commands#environment-variables): CONSUL_HTTP_SSL, CONSUL_CACERT,
// CONSUL_CAPATH, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME, CONSUL_HTTP_SSL_VERIFY,
// CONSUL_HTTP_AUTH, CONSUL_NAMESPACE, CONSUL_PARTITION.
package consul

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"example.com/app/lib/config"
)

const timeout = 5 * time.Second

// Options say where the settings are.
type Options struct {
	Address string // host:port, or a URL that begins with http:// or https://
	Token   string // "" for none
	Prefix  string // the folder: PREFIX/NAME is the setting NAME
}

// Read answers within 5 s. A folder that is not there has no settings; folders in it are no settings either. One of which
// the token may read a part alone is an error: the rest would seem to be unset.
// The error holds neither the token nor a password.
func Read(ctx context.Context, o Options) (config.Layer, error) {
	folder := strings.Trim(o.Prefix, "/") + "/"
	layer := config.Layer{Origin: "Consul " + folder}
	pairs, err := list(ctx, o, folder)
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

func list(ctx context.Context, o Options, folder string) (api.KVPairs, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	pairs, meta, err := client.KV().List(folder, new(api.QueryOptions).WithContext(ctx))
	switch {
	case err != nil:
		return nil, reason(err)
	case meta.LastIndex == 0: // every answer of Consul has one; to the client the 404 of anybody else is an empty folder
		return nil, errOther
	case meta.ResultsFilteredByACLs:
		return nil, errors.New("the token may not read all that is there")
	}
	return slices.DeleteFunc(pairs, func(p *api.KVPair) bool { return p == nil }), nil
}

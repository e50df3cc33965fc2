package cmd

import (
	"context"
	"fmt"

	"example.com/app/lib/config"
	"example.com/app/lib/config/consul"
)

// consulLayer is what Consul has now, or had when its settings were last taken up and it does not tell now.
func (f *flags) consulLayer(ctx context.Context, s Settings) config.Layer {
	layer, err := consul.Read(ctx, consul.Options{Address: s.ConsulAddr, Token: s.ConsulToken, Prefix: s.ConsulPrefix})
	switch {
	case err == nil:
	case f.consul.Values == nil:
		layer.Err = fmt.Errorf("%w: the other layers hold; check CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN", err)
	default:
		layer = f.consul
		layer.Err = fmt.Errorf("%w: what it had before holds; check CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN", err)
	}
	return layer
}

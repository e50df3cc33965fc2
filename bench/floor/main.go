// Command floor is the least Go code that does the service's work, which `make bench` measures the service against. It
// checks nothing, logs nothing and counts nothing, and the service never imports it.
//
//	floor api ADDRESS DATABASE_URL              students over HTTP
//	floor consume AMQP_URL QUEUE DATABASE_URL   a student for each message
//	floor file ADDRESS PATH                     one file over HTTP, whatever is asked for
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
)

// connections to Postgres are as many as the service has by default.
const connections = 10

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 3 && args[0] == "api":
		return api(ctx, args[1], args[2])
	case len(args) == 4 && args[0] == "consume":
		return consume(ctx, args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "file":
		return file(args[1], args[2])
	}
	return fmt.Errorf("read the arguments: there is no %q", args)
}

func file(address, path string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, path)
	}))
}

func open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.MaxConns = connections
	return pgxpool.NewWithConfig(ctx, c)
}

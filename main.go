// Command app is the whole service: app run, app consume, app schedule, app migrate up.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"example.com/app/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	os.Exit(cmd.Execute(ctx))
}

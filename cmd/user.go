package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/auth"
	"example.com/app/lib/strict"
	"example.com/app/models"
	"example.com/app/schemas"
)

func userCommand(f *flags) *cobra.Command {
	return group("user", "Say who may log in",
		userCreateCommand(f),
		userListCommand(f),
		userRoleCommand(f),
		userPasswordCommand(f),
		userDisableCommand(f),
		userEnableCommand(f),
	)
}

const passwordHelp = "Where standard input is no terminal, its first line is the password: 12 to 128 characters."

func userCreateCommand(f *flags) *cobra.Command {
	role := roleFlag(auth.Reader)
	c := &cobra.Command{
		Use:     "create EMAIL",
		Short:   "Create a user, whose password is asked for",
		Long:    "Create a user, whose password is asked for.\n\n" + passwordHelp,
		Example: "  app user create ada@example.com --role admin\n  app user create ada@example.com < password.txt",
		Args:    exactly("EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			password, err := askPassword(c)
			if err != nil {
				return err
			}
			in := schemas.UserIn{Email: models.Email(args[0]), Password: password, Role: auth.Role(role)}
			if err := strict.Validate(&in); err != nil {
				return fmt.Errorf("create user %q: %w", in.Email, spoken(err))
			}
			return f.withUser(c, func(ctx context.Context, d *Deps) (models.User, error) { return createUser(ctx, d, in) })
		},
	}
	c.Flags().Var(&role, "role", "reader, editor or admin; each may do what the ones before it may")
	return c
}

// spoken says what is wrong by names alone: a command line has no JSON pointers.
func spoken(err error) error {
	wrong, ok := errors.AsType[strict.Problems](err)
	if !ok {
		return err
	}
	said := slices.Clone(wrong)
	for i := range said {
		said[i].Pointer = strings.TrimPrefix(said[i].Pointer, "/")
	}
	return said
}

func createUser(ctx context.Context, d *Deps, in schemas.UserIn) (models.User, error) {
	hash, err := auth.NewPasswords(d.CPU).Hash(ctx, in.Password)
	if err != nil {
		return models.User{}, err
	}
	return models.NewUsers(d.DB).Create(ctx, models.UserDraft{Email: in.Email, PasswordHash: hash, Role: in.Role})
}

func userListCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the users",
		Example: "  app user list\n  app user list --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withDatabase(c, "user", func(d *Deps) error {
				rows, err := models.NewUsers(d.DB).List(c.Context())
				if err != nil {
					return err
				}
				return showUsers(c, rows...)
			})
		},
	}
}

func showUsers(c *cobra.Command, rows ...models.User) error {
	users := make([]schemas.UserOut, len(rows))
	for i, row := range rows {
		users[i] = schemas.NewUserOut(row)
	}
	return show(c, []string{"ID", "EMAIL", "ROLE", "ACTIVE", "CREATED AT"}, users, func(u schemas.UserOut) []any {
		return []any{u.ID, u.Email, u.Role, u.Active, u.CreatedAt.UTC().Format(time.RFC3339)}
	})
}

// roleFlag is a role on the command line.
type roleFlag auth.Role

func (r *roleFlag) String() string { return string(*r) }

func (*roleFlag) Type() string { return "role" }

func (r *roleFlag) Set(s string) error {
	if !auth.Admin.Covers(auth.Role(s)) {
		return errors.New("want reader, editor or admin")
	}
	*r = roleFlag(s)
	return nil
}

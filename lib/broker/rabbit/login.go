package rabbit

import (
	"errors"
	"net/url"

	amqp "github.com/rabbitmq/amqp091-go"
)

// LoginOf reads a URL as Open does, with guest for what it leaves out. The error holds no part of the URL.
func LoginOf(address string) (*url.Userinfo, error) {
	uri, err := readURL(address)
	if err != nil {
		return nil, err
	}
	return url.UserPassword(uri.Username, uri.Password), nil
}

// readURL drops the words of amqp091, which may hold a part of the password.
func readURL(address string) (amqp.URI, error) {
	uri, err := amqp.ParseURI(address)
	if err != nil {
		return amqp.URI{}, errors.New("want amqp://user:password@host:port/vhost, " +
			"with the user's, the password's and the vhost's special characters percent-encoded")
	}
	return uri, nil
}

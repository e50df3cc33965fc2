# A static binary in an empty image: no shell, no package manager, not root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags="-s -w" -o /app .
RUN install -d -m 1777 /image/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /app /app
# /tmp, where large bodies go: on disk. With a read-only root, mount a volume there; a tmpfs would count as memory.
COPY --from=build /image/ /
USER 65532:65532
# Garbage is collected seldom while there is room. GOMEMLIMIT suits a container of 512 MiB: set it to three quarters of yours.
ENV HOST=0.0.0.0 GOGC=400 GOMEMLIMIT=384MiB
EXPOSE 8090 8091 8092 8093
ENTRYPOINT ["/app"]
CMD ["run"]

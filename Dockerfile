# docker build -t servicedesk .            (--build-arg GOPROXY=… where the default module proxy is out of reach)
FROM golang:1.26-bookworm AS build
ARG GOPROXY
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /servicedesk ./cmd/servicedesk

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/servicedesk servicedesk
COPY --from=build /servicedesk /usr/local/bin/servicedesk
USER servicedesk
# The SQLite database of the default configuration and the files of customers lie here.
WORKDIR /var/lib/servicedesk
VOLUME /var/lib/servicedesk
ENV SERVICEDESK_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["servicedesk"]
CMD ["serve"]

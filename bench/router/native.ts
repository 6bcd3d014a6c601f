import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SUBGRAPHS, SUBGRAPH_NAMES, WORKLOADS } from './catalogue.ts'
import { type Contender, LINK } from './contenders.ts'
import { peer } from './peers.ts'

const [, ONE_SUBGRAPH] = WORKLOADS

/** Grafbase's gateway, which is written in Rust. It sends no telemetry unless it is told where to. */
export const GRAFBASE: Contender = {
  key: 'grafbase',
  name: 'Grafbase (Rust)',
  command: ({ directory, ports }, port) => {
    const config = SUBGRAPH_NAMES.map((name, index) => {
      writeFileSync(join(directory, `${name}.graphql`), LINK + SUBGRAPHS[name])
      return `[subgraphs.${name}]
url = "http://127.0.0.1:${ports[index]}/graphql"
websocket_url = "ws://127.0.0.1:${ports[index]}/graphql"
schema_path = "${name}.graphql"
`
    })
    const file = join(directory, 'grafbase.toml')
    writeFileSync(file, config.join('\n'))
    const program = peer('node_modules/@grafbase/cli-x86_64-unknown-linux-musl/grafbase')
    // It unpacks files of its own into its home.
    return [
      'env',
      `HOME=${directory}`,
      program,
      'dev',
      '--config',
      file,
      '--listen-address',
      `127.0.0.1:${port}`,
    ]
  },
  socketPath: '/ws',
}

/** Debian's nginx in front of the one subgraph that is asked: what it costs to hand bytes through. */
export const NGINX: Contender = {
  key: 'nginx',
  name: 'nginx as a plain proxy',
  command: ({ directory, ports: [products] }, port) => {
    const file = join(directory, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path bodies;
  proxy_temp_path answers;
  keepalive_requests 1000000000;
  upstream products {
    server 127.0.0.1:${products};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://products;
      proxy_http_version 1.1;
      proxy_set_header connection "";
    }
  }
}
`,
    )
    return ['/usr/sbin/nginx', '-p', directory, '-c', file, '-e', 'stderr']
  },
  workloads: ONE_SUBGRAPH ? [ONE_SUBGRAPH] : [],
}

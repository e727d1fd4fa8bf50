import {
  keepPreviousData,
  QueryClient,
  QueryClientProvider,
  queryOptions,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from 'react'
import type { CallInput, CallName, CallOutput } from '../../shared/contract.ts'
import type { SocketClient } from './client.ts'
import type { LinkState } from './link.ts'
import { keepQueriesLive } from './live-queries.ts'
import { watchRunEnds } from './run-notices.ts'

const StudioContext = createContext<SocketClient | null>(null)

/** The query cache: events keep it fresh, so nothing is fetched again by itself; the link does the retrying. */
export const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
        refetchOnWindowFocus: false,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })

type ProviderProps = { readonly client: SocketClient; readonly queries: QueryClient; readonly children: ReactNode }

/** Gives the screens below it the client, and keeps the query cache in step with the host's events. */
export function StudioProvider({ client, queries, children }: ProviderProps) {
  useEffect(() => keepQueriesLive(client, queries), [client, queries])
  useEffect(() => watchRunEnds(client), [client])
  return (
    <StudioContext value={client}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </StudioContext>
  )
}

/** The client; throws outside {@link StudioProvider}. */
export function useStudio(): SocketClient {
  const client = useContext(StudioContext)
  if (client === null) throw new Error('useStudio: no StudioProvider above this component')
  return client
}

/** State of the connection, live. */
export function useLinkState(): LinkState {
  const client = useStudio()
  return useSyncExternalStore(client.onState, client.state)
}

type CallOptions = {
  readonly enabled?: boolean
  /** Shows the last answer while another input is being answered. */
  readonly keep?: boolean
  /** Asks anew each time it is shown: the answer is about files, of whose changes no event tells. */
  readonly anew?: boolean
  /** Asks again after so many milliseconds, while the page can be seen. */
  readonly everyMs?: number
}

/** A reading call as options of a query; its key is `[name, input]`. */
export const callQuery = <K extends CallName>(
  client: SocketClient,
  name: K,
  input: CallInput<K>,
  { enabled = true, keep = false, anew = false, everyMs }: CallOptions = {},
) =>
  queryOptions<CallOutput<K>>({
    queryKey: [name, input],
    queryFn: () => client.call(name, input),
    enabled,
    ...(anew ? { gcTime: 0 } : {}),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keep ? { placeholderData: keepPreviousData as never } : {}),
  })

/** A reading call as a query. */
export const useCall = <K extends CallName>(name: K, input: CallInput<K>, options: CallOptions = {}) =>
  useQuery(callQuery(useStudio(), name, input, options))

/** A changing call as a mutation. */
export function useAction<K extends CallName>(name: K) {
  const client = useStudio()
  return useMutation<CallOutput<K>, Error, CallInput<K>>({ mutationFn: (input) => client.call(name, input) })
}

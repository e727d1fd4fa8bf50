import { assertNever } from '../../shared/domain/error.ts'
import { hrefOf, type Route } from '../router/route.ts'
import { ChatScreen } from './chat/chat-screen.tsx'
import { CompareScreen } from './compare/compare-screen.tsx'
import { DataScreen } from './data/data-screen.tsx'
import { DoctorScreen } from './doctor/doctor-screen.tsx'
import { ModelsScreen } from './models/models-screen.tsx'
import { NewRunScreen } from './new-run/new-run-screen.tsx'
import { RunScreen } from './run/run-screen.tsx'
import { RunsScreen } from './runs/runs-screen.tsx'
import { SettingsScreen } from './settings/settings-screen.tsx'

/** The screen of a place. */
export function Screen({ route }: { readonly route: Route }) {
  switch (route.screen) {
    case 'runs':
      return <RunsScreen />
    case 'new-run':
      return <NewRunScreen {...route} key={hrefOf(route)} />
    case 'run':
      return <RunScreen runId={route.runId} tab={route.tab} key={route.runId} />
    case 'compare':
      return <CompareScreen runs={route.runs} />
    case 'chat':
      return <ChatScreen models={route.models} key={hrefOf(route)} />
    case 'models':
      return <ModelsScreen path={route.path} />
    case 'data':
      return <DataScreen path={route.path} />
    case 'doctor':
      return <DoctorScreen />
    case 'settings':
      return <SettingsScreen />
    default:
      return assertNever(route, 'screen')
  }
}

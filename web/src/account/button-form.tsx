import { Button } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'

interface ButtonFormProps {
  label: string
  variant?: 'primary' | 'quiet' | 'danger'
  onSubmit(): Promise<void>
}

/** One thing to do, with nothing to fill in; what fails is said above the button. */
export const ButtonForm = ({ label, variant = 'primary', onSubmit }: ButtonFormProps) => (
  <Form onSubmit={onSubmit}>
    {(busy) => (
      <Button type="submit" variant={variant} busy={busy} wide>
        {label}
      </Button>
    )}
  </Form>
)
